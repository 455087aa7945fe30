/** What a link to Inspect carries: the name of a sample, and never a token. */
import { SAMPLES } from '../../paste/sample-names.ts'
import { oneOf } from '../../shell/settings.ts'

export const NO_SAMPLE = 'none-chosen'
export const SHAPE = { sample: oneOf([NO_SAMPLE, ...SAMPLES.map(([name]) => name)], NO_SAMPLE) }
