package audit

import (
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"unicode"
	"unicode/utf8"
)

// timeoutText names the stage, not the timer that happened to be the first.
func timeoutText(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return "no connection in time"
	}
	if _, ok := errors.AsType[*readError](err); ok {
		return "the answer did not end in time"
	}
	return "no answer in time"
}

// isDeniedCode reports whether a code is one of the many for a missing
// permission.
func isDeniedCode(code string) bool {
	return strings.HasPrefix(code, "AccessDenied") || strings.Contains(code, "NotAuthorized") || strings.HasPrefix(code, "Unauthorized")
}

// unknownCode is what the SDK calls an error without a code.
const unknownCode = "UnknownError"

// rootText is the text of the innermost error. The outer ones tell of the
// request, whose URL may hold a password or a signature, or repeat what a program
// printed that gives credentials. What differs from run to run is left out:
// ports, times.
func rootText(err error) string {
	for {
		var inner error
		switch e := err.(type) {
		case *net.OpError:
			return e.Op + ": " + rootText(e.Err)
		case *net.DNSError:
			return "lookup " + e.Name + ": " + e.Err
		case x509.CertificateInvalidError:
			if e.Reason == x509.Expired {
				return "x509: the certificate has expired or is not yet valid"
			}
		case interface{ Unwrap() error }:
			inner = e.Unwrap()
		case interface{ Unwrap() []error }:
			inner = e.Unwrap()[0]
		}
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// maxDetail bounds the text of an error, in bytes.
const maxDetail = 300

// cutMark stands for what was taken out of a text.
const cutMark = "[...]"

// oneLine makes the text of an error fit for a report: one line of printable
// characters, short, without URLs, tokens and signatures.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	// The refusal of a signature repeats all that was signed, the token too.
	for _, mark := range []string{"the canonical string for this request", "aws4-hmac-sha256", "authorization:", "authorization=", "x-amz-security-token", "x-amz-signature", "x-amz-credential"} {
		if i := indexFold(text, mark); i >= 0 {
			text = text[:i] + cutMark
		}
	}
	var b strings.Builder
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) }) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(plainWord(word))
		if b.Len() > 4*maxDetail {
			break
		}
	}
	return wholeWords(b.String(), maxDetail)
}

// wholeWords cuts text to at most n bytes and shows that it did. The word that is cut in
// two is left out: who masks the text does not know half of a credential for one.
func wholeWords(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return text[:1+strings.LastIndexByte(text[:n-len("...")], ' ')] + "..."
}

// plainWord returns a word with what cannot be printed replaced, of a URL the
// host alone, and nothing of what may be a token.
func plainWord(word string) string {
	word = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, word)
	if _, rest, ok := strings.Cut(word, "://"); ok {
		host := rest[:len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return !strings.ContainsRune(`/?#"'`, r) }))]
		return host[strings.LastIndexByte(host, '@')+1:]
	}
	pieces := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(`"'(),;<>[]{}&`, r) })
	for _, p := range pieces {
		if len(p) >= 40 && !strings.Contains(p, "arn:") && looksEncoded(p) {
			word = strings.ReplaceAll(word, p, cutMark)
		}
	}
	return word
}

// looksEncoded reports whether a piece has only characters of base64 and of
// percent encoding, as tokens, signatures and encoded messages have.
func looksEncoded(p string) bool {
	return !strings.ContainsFunc(p, func(r rune) bool {
		return !(r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("+/=_-%:", r)))
	})
}

func indexFold(text, mark string) int {
	for i := 0; i+len(mark) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(mark)], mark) {
			return i
		}
	}
	return -1
}

// shorten cuts text to at most n bytes and shows that it did.
func shorten(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return cutText(text, n-len("...")) + "..."
}
