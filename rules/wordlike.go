package rules

import _ "embed"

// trigrams holds half bits of surprise for each letter after two others, as
// digits of base 36; see trigrams_make.go. Line 27*a+b is for the pair a, b.
//
//go:embed trigrams.txt
var trigrams string

// trigramLine is the length of a line of trigrams: 27 digits and the break.
const trigramLine = 28

// A wordiness says how much a value reads like words of natural language or of
// a program.
type wordiness struct {
	letters    int // ASCII letters of the value
	readable   int // letters in runs of three and more that read like words
	unreadable int // letters in runs of three and more that do not
}

// wordSurprise, the mean surprise of a letter in bits, parts words from random
// letters: it is about 3.5 for words and identifiers, and 6 for random letters.
// Of random strings of 6 to 8 letters 1 in 12 is below, of words in programs 1
// in 15 above.
const wordSurprise = 4.7

// readWords judges the runs of letters in value. Case parts no words, since it
// would leave nothing but short runs of random text. Runs of one and two
// letters tell nothing and count as unreadable.
func readWords(value []byte) wordiness {
	var w wordiness
	for i := 0; i < len(value); i++ {
		if !is(value[i], isLetter) {
			continue
		}
		end := i
		for end < len(value) && is(value[end], isLetter) {
			end++
		}
		w.letters += end - i
		if end-i >= 3 {
			if mean := float64(runSurprise(value[i:end])) / 2 / float64(end-i+1); mean <= wordSurprise {
				w.readable += end - i
			} else {
				w.unreadable += end - i
			}
		}
		i = end
	}
	return w
}

// runSurprise returns the half bits of surprise of a run of ASCII letters with
// its end.
func runSurprise(run []byte) int {
	a, b, sum := 0, 0, 0
	for _, r := range run {
		c := int(r|0x20) - 'a' + 1
		sum += halfBits(a, b, c)
		a, b = b, c
	}
	return sum + halfBits(a, b, 0)
}

func halfBits(a, b, c int) int {
	d := int(trigrams[(27*a+b)*trigramLine+c])
	if d >= 'A' {
		return d - 'A' + 10
	}
	return d - '0'
}
