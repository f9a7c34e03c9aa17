/** Stages whose work on one chunk may be too much for a step: it is a generator, and each call goes on to its next yield. */

type Steps = Generator<void, void, void>;

/** A TextStage with `Out` string[], a WordStage with Words. */
export abstract class SteppedStage<Out> {
  /** Where the call that is under way puts what is finished. */
  protected out: Out | undefined;
  /** What is left of the last call. */
  private steps: Steps | undefined;

  protected abstract read(text: string): Steps;
  protected abstract finish(): Steps;

  push(text: string, out: Out): boolean {
    this.steps ??= this.read(text);
    return this.go(out);
  }

  end(out: Out): boolean {
    this.steps ??= this.finish();
    return this.go(out);
  }

  private go(out: Out): boolean {
    this.out = out;
    const more = this.steps!.next().done === false;
    if (!more) this.steps = undefined;
    return more;
  }
}
