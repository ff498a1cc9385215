/** The emoji of a language: the build makes their text, see emoji-data.mjs. */
declare module 'emoji-data:*' {
  const text: string;
  export default text;
}
