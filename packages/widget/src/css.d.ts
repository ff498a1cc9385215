/** Style sheets are built into the script as text. */
declare module '*.css' {
  const text: string;
  export default text;
}
