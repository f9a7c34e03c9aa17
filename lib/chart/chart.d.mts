/** Inside of a chart, in pixels from the left and the top. */
export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export type Rule = 'title' | 'quiet' | 'grid' | 'axis';
export type Anchor = 'end' | 'middle';

type Margin = Readonly<Record<'left' | 'right' | 'top' | 'bottom', number>>;

export declare const COLORS: readonly [light: string, dark: string][];
export declare function escapeXml(text: string): string;
export declare function round(x: number): number;
export declare function box(size: { width: number; height: number; margin: Margin }): Box;
export declare function scale(low: number, high: number, from: number, to: number): (value: number) => number;
export declare function stepOf(span: number, most: number): number;
export declare function opening(box: Pick<Box, 'width' | 'height'>, label?: string): string;
export declare function style(shared: readonly Rule[], own: readonly string[], dark: string): string;
export declare function text(x: number, y: number, content: string, anchor?: Anchor): string;
export declare function title(box: Pick<Box, 'left'>, content: string): string;
export declare function subtitle(box: Pick<Box, 'left'>, content: string): string;
export declare function axisNames(box: Box, across: string, up: string): string[];
export declare function level(
  box: Pick<Box, 'left' | 'right'>,
  y: number,
  number: string,
  kind?: string,
): string[];
export declare function spread(wanted: readonly number[], gap: number, low: number, high: number): number[];
