/** How long an access token can live at most. */

export const MAX_LIFETIME_SECONDS = 3600
