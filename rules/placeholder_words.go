package rules

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// maxStandIn is the length of the longest stand-in word.
const maxStandIn = 14

// standInWords are words that stand where a credential would, sorted. A value
// made of nothing else is a placeholder, so a word that people choose as a
// password of their own does not belong here. The last line are the words for
// password in other languages, which stand in their translations.
var standInWords = wordSet(
	"a aa aaa abc abcd abcde abcdef abcdefg access account active admin admins administrator alice and anonymous another any anything api app apple application asdf auth author " +
		"authentication authorization aws azure backup bad bar base basic baz bearer bla blah blob blub bob bogus boo bot bucket by change client cloud code config " +
		"confirm consumer correct cred credential credentials customer data database db default demo dev devel development do dummy else " +
		"email empty enc encode encoded encrypted encryption enter env example expected expired fail fake false field file first fizz foo foobar for from generated " +
		"get github gitlab given google group guest guess has hello here hidden hmac host id in incorrect initial input insert int integration internal " +
		"invalid is it john jwt key keys level live local localhost login long machine main manager master me mock mongo must my myapp mysecret mysql name " +
		"new newer nil no nobody none not nothing null number oauth of ok old on one only openai optional or oracle original other our pass passcode passphrase passw passwd " +
		"password passwords path permanent person personal please plain postgres private prod production project provider provided proxy pub public pw pwd qux qwer " +
		"qwerty random read real redis refresh registry remote replace required reset root sa salt same sample second secret secrets " +
		"security server service session set shared shell should show signing site some somebody someone something spam ssh ssl " +
		"staging standard storage store str string sys system target temp temporary test tester testing tests text that the there " +
		"thing this three tls tmp to todo token tokens top true two type undefined unknown unset updated url use user username users uuid val valid " +
		"value values vault web webhook whatever with world wrong xxx xyz you your yours zzz " +
		"adgangskode clave contrasena contrasenya geslo haslo heslo jelszo kennwort kodeord lozinka losenord mot motdepasse parola parole parolo parool " +
		"passord passwort salasana sandi senha sifre wachtwoord")

// wordLengths holds for each first byte the lengths, below 64, that the words of a set have.
type wordLengths [256]uint64

func newLengths(words iter.Seq[string]) (l wordLengths) {
	for w := range words {
		l[w[0]] |= 1 << min(len(w), 63)
	}
	return l
}

// has reports whether a word of the set has the first byte and the length of text.
func (l *wordLengths) has(text []byte) bool {
	return len(text) > 0 && l[text[0]]>>min(len(text), 63)&1 != 0
}

// A wordIndex holds lower-case words by their first byte. Like the other tables of
// words it is made when it is first asked: a commit hook starts the program and
// mostly asks for none.
type wordIndex struct{ byFirst func() *[256][]string }

func newWordIndex(words ...string) wordIndex {
	return wordIndex{sync.OnceValue(func() *[256][]string {
		var x [256][]string
		for _, w := range words {
			x[w[0]] = append(x[w[0]], w)
		}
		return &x
	})}
}

// at returns the length of the first word of the index that stands at text[i],
// in any case, and 0 if none does.
func (x wordIndex) at(text []byte, i int) int {
	b := text[i]
	if is(b, isUpper) {
		b |= 0x20
	}
	for _, w := range x.byFirst()[b] {
		if hasFold(text, i, w) {
			return len(w)
		}
	}
	return 0
}

// words is a set of words.
type words struct {
	all     map[string]struct{}
	lengths wordLengths // tells of most texts that they are not in the set
}

func (w *words) has(text []byte) bool {
	if !w.lengths.has(text) {
		return false
	}
	_, ok := w.all[string(text)]
	return ok
}

// wordSet returns what makes the set of the words of list, which blanks part, when
// it is first called.
func wordSet(list string) func() *words {
	return sync.OnceValue(func() *words {
		fields := strings.Fields(list)
		w := &words{all: make(map[string]struct{}, len(fields)), lengths: newLengths(slices.Values(fields))}
		for _, f := range fields {
			w.all[f] = struct{}{}
		}
		return w
	})
}
