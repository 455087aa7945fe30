import { describe, expect, it } from 'vitest'
import { once, onDemand } from '../../src/on-demand.ts'

interface Part {
  double(value: number): Promise<number>
  refuse(): Promise<never>
}

const part: Part = {
  double: async (value) => value * 2,
  refuse: async () => {
    throw new TypeError('no')
  },
}

describe('a part on demand', () => {
  it('is loaded with its first use, once for everybody', async () => {
    let loads = 0
    const given = onDemand<Part>(
      { double: true, refuse: true },
      once(async () => {
        loads++
        return part
      }),
    )
    expect(loads).toBe(0)
    expect(await Promise.all([given.double(1), given.double(2)])).toEqual([2, 4])
    expect(await given.double(3)).toBe(6)
    expect(loads).toBe(1)
  })

  it('passes on what the part throws', async () => {
    const given = onDemand<Part>({ double: true, refuse: true }, async () => part)
    await expect(given.refuse()).rejects.toThrow(TypeError)
  })

  it('is asked for again after it could not be loaded', async () => {
    let isThere = false
    const given = onDemand<Part>(
      { double: true, refuse: true },
      once(async () => {
        if (!isThere) throw new Error('not found')
        return part
      }),
    )
    await expect(given.double(1)).rejects.toThrow('not found')
    isThere = true
    expect(await given.double(1)).toBe(2)
  })
})
