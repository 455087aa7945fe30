/** Rules that several functions and statements share, as expressions. */

/**
 * The rule of `SessionStore`: neither expired, nor below the subject's generation, nor below the floor.
 * @param s    the quoted name of the schema
 * @param row  the name of a row of `sessions`
 * @param now  the present second, as an expression
 */
export const alive = (s: string, row: string, now: string): string => `(
    ${row}.expires_at > ${now}
    AND ${row}.floor >= (SELECT f.floor FROM ${s}.emergency_floor f)
    AND ${row}.generation >= coalesce((SELECT u.dead_below FROM ${s}.subjects u WHERE u.subject = ${row}.subject), 0)
  )`
