package rules

import (
	"strings"

	"github.com/assayhq/assay/report"
)

// atPath returns the confidence of what a grammar found, in the light of the
// path that it was found at. A path never makes a finding surer: tests,
// examples and documentation hold real credentials as often as other files.
func atPath(path string, m Match) report.Confidence {
	f, class, conf := m.form, m.class, m.Confidence
	if conf < report.ConfidenceMedium {
		return conf
	}
	if m.kind == kindHex && (class == nameWeak || class <= nameSecret && aboutCryptography(path)) && testPath(path) {
		return report.ConfidenceLow // a test vector
	}
	end := ending(path)
	ok := codeFiles().has([]byte(end))
	if ok && f == formBare && m.kind != kindRandom {
		return report.ConfidenceLow
	}
	if ok && m.kind == kindWord && (f == formComment || f == formFlag) {
		return report.ConfidenceLow // a remark
	}
	prose := proseFiles().has([]byte(end))
	if prose && f.bare() && class <= nameToken && (end != "txt" || m.kind != kindRandom) {
		return report.ConfidenceLow
	}
	if (prose && end != "txt" || testPath(path)) && (m.kind == kindWord || m.kind == kindText) {
		return report.ConfidenceLow // made up: real ones in such files are mostly random
	}
	if derivedFiles().has([]byte(end)) || translates(path) {
		return report.ConfidenceLow
	}
	return conf
}

// codeFiles are the endings of files in which a credential stands in quotes:
// what stands without them is an expression.
var codeFiles = wordSet("c cc cjs clj cljs cpp cs css cxx d dart erl ex exs fs go groovy h hpp hs java js jsx kt kts less lua m " +
	"mjs ml mm php pl pm py pyx r rb rs sass scala scss swift ts tsx vb vue zig")

// proseFiles are the endings of files that people write for people. What stands
// there without quotes behind a word like key or token is an example or a remark
// more often than not; behind password or API key it still counts.
var proseFiles = wordSet("adoc asciidoc htm html markdown md org rst tex textile txt")

// derivedFiles are the endings of files that hold digests of packages or the
// texts of user interfaces.
var derivedFiles = wordSet("arb lock map mo po pot resx rrc strings sum xlf xliff")

// testPath reports whether path leads to tests or to their data.
func testPath(path string) bool {
	for _, mark := range [...]string{
		"_test.", ".test.", "-test.", "_spec.", ".spec.", "/test", "test/", "tests/", "spec/", "specs/", "__tests__/", "testdata/", "fixtures/", "mocks/",
		"vectors", "/kat", "Test.", "Tests.", "Test/", "Tests/", "Spec.",
	} {
		if strings.Contains(path, mark) {
			return true
		}
	}
	return strings.HasPrefix(path, "test")
}

// aboutCryptography reports whether path leads to code that implements or tests
// ciphers and protocols, whose tests hold published keys and what comes of them.
func aboutCryptography(path string) bool {
	for _, mark := range [...]string{"cipher", "crypt", "hpke", "tls/", "ecdh", "hmac", "vectors", "wycheproof"} {
		if strings.Contains(path, mark) {
			return true
		}
	}
	return false
}

// translates reports whether path leads to translations: "Password": "Passwort".
func translates(path string) bool {
	for _, folder := range [...]string{"i18n/", "l10n/", "lang/", "langs/", "languages/", "locale/", "locales/", "translations/"} {
		if i := strings.Index(path, folder); i == 0 || i > 0 && path[i-1] == '/' {
			return true
		}
	}
	return false
}

// ending returns what follows the last dot of the last element of path.
func ending(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	return name[strings.LastIndexByte(name, '.')+1:]
}
