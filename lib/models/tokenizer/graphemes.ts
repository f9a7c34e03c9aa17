/** Grapheme clusters (UAX 29) of a text that comes in chunks, in linear time. */
import { chunkEnd } from './stage.js';
import type { WorkMeter } from './steps.js';

/** Code units that are segmented at once: Intl.Segmenter takes time by the square of the length. */
const WINDOW = 128;
/** Clusters that are longer are not kept but for what decides where they end. */
const LONG = 32;

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** Kinds of marks that are kept of a long cluster. */
const KINDS = 16;
/** What may stand between two characters that join to one cluster. */
const EXTENDS = /[\p{M}\p{Cf}\p{Emoji_Modifier}\uff9e\uff9f]/u;

/** @param whole whether it is a cluster, or a part of one that is longer than LONG */
export type OnGrapheme = (text: string, whole: boolean) => void;

export class GraphemeReader {
  /** The last cluster of the text so far, which may go on: what of it is not reported. */
  private held = '';
  /** What decides where that cluster ends, where something of it is reported; else empty. */
  private context = '';

  constructor(private readonly meter: WorkMeter) {}

  push(text: string, onGrapheme: OnGrapheme): void {
    this.read(this.held + text, false, onGrapheme);
  }

  end(onGrapheme: OnGrapheme): void {
    this.read(this.held, true, onGrapheme);
  }

  private read(text: string, ended: boolean, onGrapheme: OnGrapheme): void {
    this.held = '';
    for (let at = 0; at < text.length; ) {
      const window = text.slice(at, chunkEnd(text, at, WINDOW));
      const atEnd = at + window.length === text.length;
      this.meter.add(this.context.length + window.length);
      const clusters = Array.from(segmenter.segment(this.context + window), ({ segment }) => segment);
      const last = clusters.pop()!;
      if (clusters.length === 0 && (this.context !== '' || !atEnd)) {
        // All of it belongs to one cluster that began before or goes on behind.
        onGrapheme(window, false);
        this.context = contextOf(last);
        at += window.length;
        continue;
      }
      for (const cluster of clusters) {
        const own = cluster.slice(this.context.length);
        if (own !== '') onGrapheme(own, this.context === '');
        this.context = '';
        at += own.length;
      }
      if (!atEnd) continue;
      if (ended) onGrapheme(last, true);
      else if (last.length > LONG) {
        onGrapheme(last, false);
        this.context = contextOf(last);
      } else this.held = last;
      return;
    }
  }
}

/** What is enough of a long cluster to see whether a character behind it belongs to it. */
function contextOf(cluster: string): string {
  if (cluster.length <= LONG) return cluster;
  const characters = [...cluster];
  // Emoji and syllables join through any number of marks, of which one kind or the last one decides.
  const base = characters.findLastIndex((character) => !EXTENDS.test(character));
  const marks = characters.slice(base + 1);
  const kinds = [...new Set(marks)].slice(0, KINDS);
  return [...characters.slice(Math.max(0, base), base + 1), ...kinds, ...marks.slice(-2)].join('');
}
