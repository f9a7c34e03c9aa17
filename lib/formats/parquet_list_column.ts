/**
 * Column chunks of lists that all have one length, as Parquet data pages.
 *
 * The writer of the library takes a JavaScript array for each row and computes levels number by number, which for
 * embeddings costs as much as a third of computing them. With one length the levels are runs, and the numbers are
 * the bytes of the matrix as they are.
 */

import type { ColumnChunk, Encoding, SchemaElement } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { bytesOf, type NumberType, type RowValues } from './row_format.js';

/** The elements of a schema for a list that is always there, by the rules for LIST of the Parquet format. */
export function listElements(name: string, type: NumberType): SchemaElement[] {
  const element: SchemaElement =
    type === 'float32'
      ? { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' }
      : {
          name: 'element',
          type: 'INT32',
          converted_type: type === 'int8' ? 'INT_8' : 'UINT_8',
          repetition_type: 'REQUIRED',
        };
  return [
    { name, repetition_type: 'REQUIRED', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    element,
  ];
}

/** @param values [rows, columns] row-major */
export function writeListColumn(
  writer: ByteWriter,
  name: string,
  values: RowValues,
  columns: number,
  type: NumberType,
): ColumnChunk {
  const begin = writer.offset;
  const rows = values.length / columns;
  let dictionaryOffset: bigint | undefined;
  if (type !== 'float32') {
    dictionaryOffset = BigInt(begin);
    writeByteDictionary(writer, type);
  }
  const dataOffset = BigInt(writer.offset);
  const repetition = repetitionLevels(rows, columns);
  // A level of 1 says that a list has this element: one run of all of them.
  const definition = [...run(values.length, 1)];
  const data = bytesOf(values);
  const prefix = type === 'float32' ? [] : bitPackedPrefix(data.byteLength);
  const padding = type === 'float32' ? 0 : (8 - (data.byteLength % 8)) % 8;
  const encoding: Encoding = type === 'float32' ? 'PLAIN' : 'RLE_DICTIONARY';
  const size = repetition.length + definition.length + prefix.length + data.byteLength + padding;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: size,
    compressed_page_size: size,
    data_page_header_v2: {
      num_values: values.length,
      num_nulls: 0,
      num_rows: rows,
      encoding,
      definition_levels_byte_length: definition.length,
      repetition_levels_byte_length: repetition.length,
      is_compressed: false,
    },
  });
  for (const part of [repetition, definition, prefix]) writer.appendBytes(Uint8Array.from(part));
  writer.appendBytes(data);
  writer.appendBytes(new Uint8Array(padding));
  const total = BigInt(writer.offset - begin);
  return {
    file_offset: BigInt(begin),
    meta_data: {
      type: type === 'float32' ? 'FLOAT' : 'INT32',
      encodings: type === 'float32' ? ['PLAIN', 'RLE'] : ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
      path_in_schema: [name, 'list', 'element'],
      codec: 'UNCOMPRESSED',
      num_values: BigInt(values.length),
      total_uncompressed_size: total,
      total_compressed_size: total,
      data_page_offset: dataOffset,
      ...(dictionaryOffset === undefined ? {} : { dictionary_page_offset: dictionaryOffset }),
    },
  };
}

/**
 * Parquet has no bytes among its numbers, and an INT32 each would be four times as large. The dictionary holds the
 * number of every byte, so that the bytes themselves are the indices.
 */
function writeByteDictionary(writer: ByteWriter, type: 'int8' | 'uint8'): void {
  const numbers = Int32Array.from({ length: 256 }, (_, byte) =>
    type === 'int8' ? (byte << 24) >> 24 : byte,
  );
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: numbers.byteLength,
    compressed_page_size: numbers.byteLength,
    dictionary_page_header: { num_values: numbers.length, encoding: 'PLAIN' },
  });
  writer.appendBytes(bytesOf(numbers));
}

/** Bits of an index, and the header of a bit-packed run of `count` indices, rounded up to groups of 8. */
function bitPackedPrefix(count: number): number[] {
  return [8, ...varint(Math.ceil(count / 8) * 2 + 1)];
}

/** 0 for the first number of a row, 1 for those that follow it. */
function repetitionLevels(rows: number, columns: number): number[] {
  const row = [...run(1, 0), ...(columns > 1 ? run(columns - 1, 1) : [])];
  return Array.from({ length: rows }, () => row).flat();
}

/** A run of the RLE/bit-packing hybrid encoding, for levels of one bit. */
function run(count: number, level: 0 | 1): number[] {
  return [...varint(count * 2), level];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  bytes.push(value);
  return bytes;
}
