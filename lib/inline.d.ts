/** The bundle of a script or a style of a page, as one string (scripts/build_ts/inline.mjs). */
declare module '*?inline' {
  const text: string;
  export default text;
}
