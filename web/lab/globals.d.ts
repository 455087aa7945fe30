/** What the build provides. */
declare module '*.css'
