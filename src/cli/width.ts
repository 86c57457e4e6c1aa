import { stripVTControlCharacters } from 'node:util'
import { eastAsianWidth } from 'get-east-asian-width'

/**
 * Columns that a text takes on a terminal. Stands in for the package string-width, in the dependencies too
 * (docs/decisions/0031): that one sets up ICU at every start.
 */
export default function stringWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length
  let width = 0
  for (const char of stripVTControlCharacters(text)) {
    if (!/\p{M}/u.test(char)) width += eastAsianWidth(char.codePointAt(0)!)
  }
  return width
}
