/** A cookie line without its contents: what a link may hold. Names and values are lengths only. */
import { PREFIXES, prefixOf } from './prefix.ts'
import type { SameSite, SetCookie } from './set-cookie.ts'

export interface Shape {
  /** Place in `PREFIXES`, or -1. */
  readonly prefix: number
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly partitioned: boolean
  readonly sameSite: SameSite
  readonly path: 'none' | 'root' | 'other'
  readonly hasDomain: boolean
  readonly maxAgeSeconds: number | null
  readonly valueLength: number
}

export const SHAPES_LIMIT = 20
const SAME_SITES: readonly SameSite[] = ['unset', 'strict', 'lax', 'none']
const PATHS = ['none', 'root', 'other'] as const
const CODE = /^([0-4])([01])([01])([01])([0-3])([0-2])([01])-(\d{0,8})-(\d{1,4})$/

export function shapeOf({ name, value, ...line }: SetCookie): Shape {
  const prefix = prefixOf(name)
  const isPlainAge = /^\d{1,8}$/.test(line.maxAge ?? '')
  return {
    prefix: prefix ? PREFIXES.indexOf(prefix) : -1,
    secure: line.secure,
    httpOnly: line.httpOnly,
    partitioned: line.partitioned,
    sameSite: line.sameSite,
    path: line.path === null ? 'none' : line.path === '/' ? 'root' : 'other',
    hasDomain: line.domain !== null,
    maxAgeSeconds: isPlainAge ? Number(line.maxAge) : null,
    valueLength: Math.min(value.length, 4097),
  }
}

/** A line of that shape with made-up contents. */
export function lineOf(shape: Shape, index: number, site: string): string {
  const prefix = PREFIXES[shape.prefix]?.text ?? ''
  return [
    `${prefix}c${index + 1}=${'x'.repeat(shape.valueLength)}`,
    shape.path === 'none' ? '' : `Path=${shape.path === 'root' ? '/' : '/account'}`,
    shape.hasDomain ? `Domain=${site}` : '',
    shape.maxAgeSeconds === null ? '' : `Max-Age=${shape.maxAgeSeconds}`,
    shape.secure ? 'Secure' : '',
    shape.httpOnly ? 'HttpOnly' : '',
    shape.sameSite === 'unset' ? '' : `SameSite=${shape.sameSite.charAt(0).toUpperCase()}${shape.sameSite.slice(1)}`,
    shape.partitioned ? 'Partitioned' : '',
  ]
    .filter((part) => part !== '')
    .join('; ')
}

export function writeShapes(shapes: readonly Shape[]): string {
  return shapes.slice(0, SHAPES_LIMIT).map(encode).join('_')
}

/** Null when anything in it is no shape. */
export function readShapes(text: string): readonly Shape[] | null {
  if (text === '') return []
  const shapes = text.split('_').map(decode)
  const whole = shapes.filter((shape) => shape !== null)
  return whole.length === shapes.length && whole.length <= SHAPES_LIMIT ? whole : null
}

function encode(shape: Shape): string {
  const { prefix, secure, httpOnly, partitioned, sameSite, path, hasDomain, maxAgeSeconds, valueLength } = shape
  const flags = [secure, httpOnly, partitioned].map(Number).join('')
  const rest = `${SAME_SITES.indexOf(sameSite)}${PATHS.indexOf(path)}${Number(hasDomain)}`
  return `${prefix + 1}${flags}${rest}-${maxAgeSeconds ?? ''}-${valueLength}`
}

function decode(code: string): Shape | null {
  const found = CODE.exec(code)
  if (!found) return null
  const [, prefix, secure, httpOnly, partitioned, sameSite, path, domain, age, length] = found
  return {
    prefix: Number(prefix) - 1,
    secure: secure === '1',
    httpOnly: httpOnly === '1',
    partitioned: partitioned === '1',
    sameSite: SAME_SITES[Number(sameSite)] ?? 'unset',
    path: PATHS[Number(path)] ?? 'none',
    hasDomain: domain === '1',
    maxAgeSeconds: age === '' ? null : Number(age),
    valueLength: Math.min(Number(length), 4097),
  }
}
