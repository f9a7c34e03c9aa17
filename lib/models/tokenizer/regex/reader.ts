/** Reads a text from left to right. */
export class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** The next code point, which stays. */
  peek(): string | undefined {
    const point = this.text.codePointAt(this.at);
    return point === undefined ? undefined : String.fromCodePoint(point);
  }

  next(): string | undefined {
    const character = this.peek();
    this.at += character?.length ?? 0;
    return character;
  }

  /** Whether `token` was there and is read. */
  eat(token: string): boolean {
    const there = this.text.startsWith(token, this.at);
    if (there) this.at += token.length;
    return there;
  }

  /** Whether the expression, with the flag y, matches what comes next. */
  ahead(expression: RegExp): boolean {
    expression.lastIndex = this.at;
    return expression.test(this.text);
  }

  /** @param expression with the flag y */
  take(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text) ?? undefined;
    this.at += found?.[0].length ?? 0;
    return found;
  }

  /** Some characters ahead, to look at. */
  rest(): string {
    return this.text.slice(this.at);
  }
}
