package rules

import "encoding/binary"

// sequence reports whether value was typed along the alphabet or the digits:
// 12345678, abcdef, a1b2c3d4, 000102030405; or says the same twice. Such a value is no credential,
// though many a vendor's documentation shows a token that is made so.
func sequence(value []byte) bool {
	return 2*counted(value) > len(value) || interleaved(value) || ladder(value) || counter(value) || stairs(value) || repeats(value) || twoLetters(value)
}

// counted returns how many bytes of value stand in runs of at least four that
// count up or down: 1234, aBcDeF, 9876.
func counted(value []byte) int {
	covered, up, down := 0, 1, 1
	for i := 1; i <= len(value); i++ {
		step := 0
		if i < len(value) && is(value[i], isAlnum) {
			step = next(value[i-1], value[i])
		}
		if step == 1 {
			up++
		} else {
			covered += long(up)
			up = 1
		}
		if step == -1 {
			down++
		} else {
			covered += long(down)
			down = 1
		}
	}
	return covered
}

// next returns by how much b is after a, in the alphabet or among the digits;
// 0 and a follow 9.
func next(a, b byte) int {
	if is(a, isLetter) {
		a |= 0x20
	}
	if is(b, isLetter) {
		b |= 0x20
	}
	if a == '9' && (b == '0' || b == 'a') {
		return 1
	}
	return int(b) - int(a)
}

func long(n int) int {
	if n >= 4 {
		return n
	}
	return 0
}

// interleaved reports whether the letters of value count up, and its digits
// do, where both take turns.
func interleaved(value []byte) bool {
	var letter, digit byte
	steps, up := 0, 0
	for _, b := range value {
		last := &digit
		switch {
		case is(b, isLetter):
			last = &letter
		case !is(b, isDigit):
			continue
		}
		if *last != 0 {
			steps++
			if next(*last, b) == 1 {
				up++
			}
		}
		*last = b
	}
	return steps >= 8 && 5*up > 3*steps
}

// ladder reports whether value is a few letters and a few digits that count up, one
// after the other or in turn: def456, d4e5f6.
func ladder(value []byte) bool {
	if len(value) < 6 || len(value) > 9 {
		return false
	}
	var last [2]byte // the letter and the digit before
	parts := 1
	for i, b := range value {
		kind := 0
		if is(b, isDigit) {
			kind = 1
		} else if !is(b, isLetter) {
			return false
		}
		if last[kind] != 0 && next(last[kind], b) != 1 {
			return false
		}
		if i > 0 && is(value[i-1], isDigit) != is(b, isDigit) {
			parts++
		}
		last[kind] = b
	}
	return last[0] != 0 && last[1] != 0 && (parts == 2 || parts == len(value))
}

// stairs reports whether each byte of value is the same as the one before it,
// or the next one: aabbccdd.
func stairs(value []byte) bool {
	steps := 0
	for i := 1; i < len(value); i++ {
		if d := next(value[i-1], value[i]); d == 0 || d == 1 {
			steps++
		}
	}
	return len(value) >= 8 && 10*steps >= 8*len(value)
}

// repeats reports whether eight bytes of value stand in it twice, which random
// text of this length does not do.
func repeats(value []byte) bool {
	const part = 8
	if len(value) < 3*part || len(value) > 12*part {
		return false
	}
	var seen [12 * part]uint64
	for i := 0; i+part <= len(value); i++ {
		seen[i] = binary.LittleEndian.Uint64(value[i:])
		for j := 0; j+part <= i; j++ {
			if seen[j] == seen[i] {
				return true
			}
		}
	}
	return false
}

// counter reports whether value is the bytes 0, 1, 2 and so on in hexadecimal.
func counter(value []byte) bool {
	if len(value) < 12 || !is(value[0], isDigit) || value[0] != value[2] {
		return false
	}
	steps := 0
	for i := 3; i < len(value); i += 2 {
		if next(value[i-2], value[i]) == 1 || value[i] == '0' {
			steps++
		}
	}
	return 10*steps >= 9*(len(value)/2-1)
}

// twoLetters reports whether two characters in any order make up most of value, as who
// types with two fingers writes them; ten of them never come so at random.
func twoLetters(value []byte) bool {
	const least = 10
	var other, last byte
	longest, run, same := 0, 0, 0 // same counts how often last stood at the end
	for _, b := range value {
		switch {
		case b == last:
			run, same = run+1, same+1
		case b == other:
			run, same = run+1, 1
			other, last = last, b
		default:
			run, same = same+1, 1
			other, last = last, b
		}
		longest = max(longest, run)
	}
	return longest >= least && 3*longest >= 2*len(value)
}
