/** Text in chunks with the matches of an expression replaced. */
import { AutomatonMatcher, lazyAutomaton } from './matcher.js';
import { type MakeTextStage, wholeText } from './stage.js';

/** @param expression with the flag g */
export function replacing(expression: RegExp, content: string): MakeTextStage {
  const automatonOf = lazyAutomaton(expression);
  const whole = wholeText((text) => text.replace(expression, () => content));
  return (meter) => {
    const automaton = automatonOf();
    if (automaton === undefined) return whole(meter);
    let target: string[] = [];
    const matcher = new AutomatonMatcher(
      automaton,
      (text, match, begins) => {
        if (!match) target.push(text);
        else if (begins && content !== '') target.push(content);
      },
      meter,
    );
    return {
      push(text, out) {
        target = out;
        matcher.push(text);
      },
      end(out) {
        target = out;
        matcher.end();
      },
    };
  };
}
