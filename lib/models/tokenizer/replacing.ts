/** Text in chunks with the matches of an expression replaced. */
import type { Expression } from './regex/expression.js';
import type { MakeTextStage } from './stage.js';

export function replacing(expression: Expression, content: string): MakeTextStage {
  return (meter) => {
    let target: string[] = [];
    const matcher = expression.matcher((text, match, begins) => {
      const part = !match ? text : begins ? content : '';
      if (part !== '') target.push(part);
    }, meter);
    return {
      push(text, out) {
        target = out;
        matcher.push(text);
        return false;
      },
      end(out) {
        target = out;
        return matcher.end();
      },
    };
  };
}
