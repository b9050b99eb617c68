// Covers: Files of other kinds, known by their first bytes.
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { recogniseForeign, recogniseWideEncoding } from '../../src/formats/magic-bytes.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

it.each([
  ['gzip', gzipSync('a,b\n1,2\n')],
  ['zstd', bytes('\x28\xb5\x2f\xfd\x04\x00\x41')],
  ['bzip2', bytes('BZh91AY&SY\x94\x00\x01')],
  ['xz', bytes('\xfd7zXZ\0\0\x04')],
  ['a zip archive', bytes('PK\x03\x04\x14\0')],
  ['Parquet', bytes('PAR1\x15\x04')],
  ['Avro', bytes('Obj\x01\x04')],
  ['a SQLite database', bytes('SQLite format 3\0\x10')],
  ['PDF', bytes('%PDF-1.4\n%\xe2\xe3\x01')],
  ['PDF', bytes('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\n')],
  ['lzip', bytes('LZIP\x01\x0c')],
  ['compressed by compress (.Z)', bytes('\x1f\x9d\x90a')],
  ['lzma', bytes('\x5d\0\0\x80\0\xff')],
  ['snappy', bytes('\xff\x06\0\0sNaPpY\x01')],
  ['a cabinet', bytes('MSCF\0\0\0\0x')],
  ['an array of NumPy', bytes('\x93NUMPY\x01\0')],
  ['nothing but NUL bytes, as a power cut or a broken copy leaves them', bytes('\0'.repeat(5000))],
  ['a tar archive', Buffer.concat([Buffer.from('x'.repeat(257)), bytes('ustar\x000')])],
])('knows %s by its first bytes', (name, start) => {
  expect(recogniseForeign(start)?.name).toBe(name)
})

it.each([
  'PAR1,PAR2\n1,2\n',
  'BZhang,Obj\n1,2\n',
  'ORC,ELF\n1,2\n',
  'PK,name\n1,x\n',
  '%PDF-1.4,b\n1,2\n',
  '%PDF-1.4\n%é\n',
  'LZIP,b\n1,2\n',
  'MSCF\n1\n',
  ']\n',
  '\0',
  `${'\0'.repeat(100)}\n1\n`,
  'SQLite format 3,b\n1,2\n',
  'a,b\n\0,"x\0"\n',
  '(µ/ý,b\n',
  '"\né"\n\0\n',
  '{a\t\n\0\n""\n',
  '\0,\0,\0\n\0,\0,\0\n\0,\0,\0\n',
  '"}xyz ","\0\r\n""",\n,"\0"\n,\n',
])('takes text for text: %j', (text) => {
  expect(recogniseForeign(Buffer.from(text))).toBeNull()
  expect(recogniseForeign(Buffer.from(text, 'latin1'))).toBeNull()
  expect(recogniseWideEncoding(Buffer.from(text))).toBeNull()
})

it('does not guess where there is no magic', () => {
  expect(recogniseForeign(deflateRawSync('a,b\n1,2\n'))).toBeNull()
  expect(recogniseForeign(brotliCompressSync('a,b\n1,2\n'))).toBeNull()
})

const utf32 = (text: string): Buffer =>
  Buffer.concat(Array.from(text, (character) => Buffer.from([character.charCodeAt(0), 0, 0, 0])))

it.each([
  ['utf-16le', Buffer.from('a,b\n1,2\n', 'utf16le')],
  ['utf-16le', Buffer.from('名前,年齢\n山田,5\n', 'utf16le')],
  ['utf-16be', Buffer.from('a,b\n1,2\n', 'utf16le').swap16()],
  ['utf-16be', Buffer.from('\ufeffa', 'utf16le').swap16()],
  ['utf-32', utf32('a,b\n1,2\n')],
  ['utf-32', utf32('a,b\n1,2\n').swap32()],
  ['utf-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0])],
] as const)('knows %s by its mark or its NUL bytes', (encoding, start) => {
  expect(recogniseWideEncoding(start)).toBe(encoding)
})
