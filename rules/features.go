package rules

import (
	"bytes"
	"math/bits"
)

// A Trait is one thing that the model looks at in a candidate.
type Trait uint8

// The traits of name, form, value and line. Shares count in thousandths.
const (
	TraitClass Trait = iota
	traitForm
	traitBare
	traitQuote
	traitOperator
	traitGap
	traitNameLength
	traitNameWords
	traitLastWord
	traitWordBefore
	traitNameCase
	traitNameNot

	traitLength
	traitLower
	traitUpper
	traitDigits
	traitJoints
	traitMarks
	traitSigns
	traitForeign
	traitSpaces
	traitKinds
	traitSwitches
	traitEntropy
	traitDistinct
	TraitHex
	traitHexLength
	traitBase64
	traitDecoded
	TraitKind
	traitReadable
	traitUnreadable
	traitLongestRun
	traitLongestSurprise
	traitWorstSurprise
	traitSurprise
	traitRuns
	traitStandIns
	traitKeyboard
	traitRepeats
	traitCounted
	traitFirst
	traitLast
	traitEndDigits
	traitEndMarks
	traitYear
	traitValueClass
	traitValueNot
	traitShared
	traitDots
	traitUnderscores
	traitDashes

	traitListed

	TraitCount
)

// Traits are what the model knows of one candidate.
type Traits [TraitCount]int16

// observe reads the traits of a candidate from the lines that the grammar was
// shown. It allocates nothing.
func (t *Traits) observe(data []byte, c candidate, value []byte, e evidence) {
	t.form(data, c, e)
	t.name(data, c)
	t.characters(value)
	t.edges(value)
	t.reading(value)
	t.likeness(c.name(data), value)
	t[TraitKind] = int16(e.kind)
}

func clip(n int) int16 { return int16(min(n, 1<<15-1)) }

// share returns part of whole in thousandths, 0 of nothing.
func share(part, whole int) int16 {
	if whole == 0 {
		return 0
	}
	return int16(1000 * part / whole)
}

func oneIf(b bool) int16 {
	if b {
		return 1
	}
	return 0
}

// form notes how name and value are written.
func (t *Traits) form(data []byte, c candidate, e evidence) {
	t[TraitClass], t[traitForm], t[traitBare] = int16(e.class), int16(e.form), oneIf(e.form.open())
	t[traitQuote] = int16(sign(at(data, c.start-1)))
	t[traitListed] = oneIf(listed(data, c))
	if c.nameEnd == 0 || c.start < c.nameEnd {
		t[traitOperator], t[traitGap] = -1, -1
		return
	}
	between := data[c.nameEnd:c.start]
	t[traitGap] = clip(len(between))
	for i, b := range between {
		if is(b, isOperator) || b == '(' || b == ',' {
			next := at(between, i+1)
			t[traitOperator] = int16(sign(b))
			if b != next && is(next, isOperator) {
				t[traitOperator] += signs
			} else if b == next {
				t[traitOperator] += 2 * signs
			}
			break
		}
	}
}

// signs is how many different values sign has.
const signs = 32

// sign returns a number for a byte that says what it does in programs.
func sign(b byte) int {
	switch {
	case b == 0:
		return 0
	case is(b, isLower):
		return 1
	case is(b, isUpper):
		return 2
	case is(b, isDigit):
		return 3
	case is(b, isBlank):
		return 4
	case is(b, isBreak):
		return 5
	case b >= 0x80:
		return 6
	}
	if i := bytes.IndexByte([]byte("\"'`=:(),;>.<[]{}_-$@+/\\&%"), b); i >= 0 {
		return 7 + i
	}
	return signs - 1
}

// name notes what the name is made of.
func (t *Traits) name(data []byte, c candidate) {
	name := c.name(data)
	if len(name) == 0 {
		return
	}
	var words [maxWords][2]int
	n := splitName(name, &words)
	t[traitNameLength], t[traitNameWords] = clip(len(name)), int16(n)
	for k := range n {
		kinds := lookupWord(name[words[k][0]:words[k][1]])
		if k < 2 {
			t[traitLastWord+Trait(k)] = rank(kinds)
		}
		if kinds&(1<<wordNot|1<<wordPublic|1<<wordVerb) != 0 {
			t[traitNameNot]++
		}
	}
	lower, upper := 0, 0
	for _, b := range name {
		switch {
		case is(b, isLower):
			lower++
		case is(b, isUpper):
			upper++
		}
	}
	switch {
	case upper == 0:
		t[traitNameCase] = 0
	case lower == 0:
		t[traitNameCase] = 3
	case is(name[0], isUpper):
		t[traitNameCase] = 2
	default:
		t[traitNameCase] = 1
	}
}

// ranks orders what a word says of the name that it stands in.
var ranks = [...]nameWord{wordPassword, wordSecret, wordToken, wordKey, wordCode, wordWeak, wordStrong, wordNeutral, wordVerb, wordNot, wordPublic}

// rank returns a number for the meanings of a word: greater the more surely it
// names a credential, 0 for a word that nobody knows.
func rank(kinds uint16) int16 {
	for i, kind := range ranks {
		if kinds&(1<<kind) != 0 {
			return int16(len(ranks) - i)
		}
	}
	return 0
}

// characters notes which characters the value is made of.
func (t *Traits) characters(value []byte) {
	s := shapeOf(value)
	n := len(value)
	t[traitLength] = clip(n)
	t[traitLower], t[traitUpper], t[traitDigits] = share(s.lower, n), share(s.upper, n), share(s.digits, n)
	t[traitJoints], t[traitMarks], t[traitSigns] = clip(s.joints), clip(s.marks), clip(s.signs)
	t[traitForeign], t[traitSpaces], t[traitKinds] = share(s.foreign, n), clip(s.spaces), int16(s.kinds())
	var count [256]uint16
	distinct, switches, keys, repeats, sum := 0, 0, 0, 0, 0
	for i, b := range value {
		if count[b]++; count[b] == 1 {
			distinct++
		}
		if i == 0 {
			continue
		}
		last := value[i-1]
		if classes[b]&isAlnum != classes[last]&isAlnum {
			switches++
		}
		if b == last {
			repeats++
		}
		keys += neighbours(last, b)
	}
	for _, b := range value {
		if c := int(count[b]); c > 1 {
			sum += c * logarithm(c)
			count[b] = 0
		}
	}
	t[traitDistinct], t[traitSwitches] = clip(distinct), share(switches, n)
	t[traitKeyboard], t[traitRepeats] = share(keys, n), share(repeats, n)
	t[traitEntropy] = evenness(value, distinct, sum)
	t[traitCounted] = share(counted(value), n)
	t.encodings(value, s)
	t.punctuation(value)
}

// encodings notes what the value may be the encoding of.
func (t *Traits) encodings(value []byte, s shape) {
	if s.hex {
		t[TraitHex] = 1 + oneIf(s.lower > 0) + 2*oneIf(s.upper > 0)
	}
	switch n := len(value); {
	case s.hex && (n == 32 || n == 40 || n == 64 || n == 96 || n == 128):
		t[traitHexLength] = 2
	case s.hex && n&1 == 0:
		t[traitHexLength] = 1
	}
	var buf [24]byte
	out := decodeBase64(buf[:0], value)
	printable := 0
	for _, b := range out {
		if b >= 0x20 && b < 0x7f {
			printable++
		}
	}
	t[traitDecoded] = share(printable, len(out))
	end := value[len(value)-1] == '='
	switch {
	case end && len(value)&3 == 0:
		t[traitBase64] = 3
	case len(value)&3 == 0 && s.joints+s.signs < 3:
		t[traitBase64] = 2
	case s.joints+s.signs+s.foreign+s.spaces == 0:
		t[traitBase64] = 1
	}
}

// punctuation counts the signs of the value that join words.
func (t *Traits) punctuation(value []byte) {
	for _, b := range value {
		switch b {
		case '.':
			t[traitDots]++
		case '_':
			t[traitUnderscores]++
		case '-':
			t[traitDashes]++
		}
	}
}

// keyRow holds for each letter and digit its row and column on a keyboard.
var keyRow = newKeyRow("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")

func newKeyRow(rows ...string) (t [256]uint8) {
	for r, row := range rows {
		for i, b := range []byte(row) {
			t[b] = uint8(16*(r+1) + i + 1)
		}
	}
	return t
}

// neighbours returns 1 where two characters lie beside each other on a keyboard.
func neighbours(a, b byte) int {
	x, y := int(keyRow[lower(a)]), int(keyRow[lower(b)])
	if x != 0 && y != 0 && (x-y == 1 || y-x == 1) {
		return 1
	}
	return 0
}

// edges notes how the value begins and ends.
func (t *Traits) edges(value []byte) {
	n := len(value)
	t[traitFirst], t[traitLast] = int16(sign(value[0])), int16(sign(value[n-1]))
	end := n
	for end > 0 && !is(value[end-1], isAlnum) && value[end-1] < 0x80 {
		end--
	}
	t[traitEndMarks] = clip(n - end)
	start := skipBack(value, end, isDigit, end)
	t[traitEndDigits] = clip(end - start)
	if end-start == 4 && (value[start] == '1' && value[start+1] == '9' || value[start] == '2' && value[start+1] == '0') {
		t[traitYear] = 1
	}
}

// reading notes how much the value reads like words.
func (t *Traits) reading(value []byte) {
	letters, readable, unreadable, longest, runs, total := 0, 0, 0, 0, 0, 0
	for i := 0; i < len(value); i++ {
		if !is(value[i], isLetter) {
			continue
		}
		end := skip(value, i, isLetter, len(value))
		n := end - i
		letters += n
		runs++
		if n >= 3 {
			surprise := runSurprise(value[i:end])
			total += surprise
			mean := 100 * surprise / (2 * (n + 1))
			if mean <= 100*wordSurprise {
				readable += n
			} else {
				unreadable += n
			}
			if n > longest {
				longest = n
				t[traitLongestSurprise] = clip(mean)
			}
			t[traitWorstSurprise] = max(t[traitWorstSurprise], clip(mean))
		}
		i = end
	}
	t[traitReadable], t[traitUnreadable] = share(readable, len(value)), share(unreadable, len(value))
	t[traitLongestRun], t[traitRuns], t[traitSurprise] = clip(longest), clip(runs), clip(total/2)
	covered := 0
	for i := 0; i < len(value) && i < 48; {
		if !is(value[i], isLetter) {
			i++
			continue
		}
		n := standIn(value[i:])
		if n == 0 {
			i = skip(value, i, isLetter, len(value))
			continue
		}
		covered += n
		i += n
	}
	t[traitStandIns] = share(covered, len(value))
}

// likeness notes what the value has in common with names, and with its own.
func (t *Traits) likeness(name, value []byte) {
	if len(value) > maxName {
		return
	}
	t[traitValueClass] = int16(classify(value))
	var words [maxWords][2]int
	n := splitName(value, &words)
	for k := range n {
		bits := lookupWord(value[words[k][0]:words[k][1]])
		if bits != 0 {
			t[traitValueNot]++
		}
	}
	var a, b [24]byte
	x, y := letters(a[:0], name), letters(b[:0], value)
	common := 0
	for i := 0; i < len(x)-common; i++ {
		for j := 0; j < len(y)-common; j++ {
			k := 0
			for i+k < len(x) && j+k < len(y) && x[i+k] == y[j+k] {
				k++
			}
			common = max(common, k)
		}
	}
	t[traitShared] = clip(common)
}

// evenness returns how evenly the characters of value are spread, in
// thousandths of the greatest entropy that its length and its kinds of
// characters allow: relativeEntropy in whole numbers, which are the same on
// every machine. There are distinct different bytes, and sum adds up c*log(c) for
// each that stands c times.
func evenness(value []byte, distinct, sum int) int16 {
	if distinct < 2 {
		return 0
	}
	n := len(value)
	most := logarithm(min(n, max(alphabet(value), distinct)))
	return int16(min(1000, 1000*(logarithm(n)-sum/n)/most))
}

// logarithm returns the logarithm of n, which is greater than 0, to base 2 in
// units of 1/1024.
func logarithm(n int) int {
	whole := bits.Len(uint(n)) - 1
	log := whole << 10
	x := uint64(n) << (31 - whole) // from 1 up to 2, in units of 1/2^31
	for bit := 1 << 9; bit > 0; bit >>= 1 {
		if x = x * x >> 31; x >= 2<<31 {
			x >>= 1
			log += bit
		}
	}
	return log
}
