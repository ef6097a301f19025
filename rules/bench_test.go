package rules

import (
	"cmp"
	"fmt"
	"go/build"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// BenchmarkFind measures what a text costs with all built-in rules: the source of Go,
// configuration in which every fourth line names a credential, as in manifests of
// Kubernetes, such in which every line does, and our rule files, which hold all literals.
func BenchmarkFind(b *testing.B) {
	set := compileBuiltin(b)
	for _, text := range []struct {
		name string
		data []byte
	}{
		{"source", readTree(b, filepath.Join(build.Default.GOROOT, "src"), ".go", 8<<20)},
		{"configuration", configuration(1<<20, 4)},
		{"names", configuration(1<<20, 1)},
		{"rules", readTree(b, "builtin", ".toml", 8<<20)},
	} {
		b.Run(text.name, func(b *testing.B) { benchmarkFind(b, set, text.data) })
	}
}

// BenchmarkConfiguration is the same on what real trees have of configuration: the YAML
// of the folders that ASSAY_BENCH_TREES lists.
func BenchmarkConfiguration(b *testing.B) {
	set := compileBuiltin(b)
	for _, root := range filepath.SplitList(os.Getenv("ASSAY_BENCH_TREES")) {
		data := readTree(b, root, ".yaml", 8<<20)
		b.Run(filepath.Base(root), func(b *testing.B) { benchmarkFind(b, set, data) })
	}
}

// The source of Go once more, with all grammars and so many of the other rules.
func BenchmarkRules(b *testing.B) {
	source := readTree(b, filepath.Join(build.Default.GOROOT, "src"), ".go", 8<<20)
	all := compileBuiltin(b).Rules()
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(x, y Rule) int { return cmp.Compare(min(1, len(y.Grammar)), min(1, len(x.Grammar))) })
	for _, n := range []int{100, 300, 1000} {
		set, err := Compile(slices.Clone(all[:min(n, len(all))]))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkFind(b, set, source) })
	}
}

// filePiece is the size of a large source file, in bytes.
const filePiece = 64 << 10

// benchmarkFind finds in pieces of a file's size.
func benchmarkFind(b *testing.B, set *Set, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var found []Match
	n := 0
	for b.Loop() {
		n = 0
		for rest := data; len(rest) > 0; {
			piece := rest[:restOfLine(rest, min(filePiece, len(rest)))]
			found = set.Find(found[:0], piece)
			n += len(found)
			rest = rest[min(len(piece)+1, len(rest)):]
		}
	}
	b.ReportMetric(float64(n)/float64(len(data))*1e6, "matches/MB")
}

// configuration returns about n bytes of YAML, properties and environment files. Every
// so manyth line names a credential: half of the values are references, a quarter are
// words, and a quarter are random.
func configuration(n, every int) []byte {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	var text strings.Builder
	for line := 0; text.Len() < n; line++ {
		if line%every > 0 {
			text.WriteString(pick("  replicas: 3\n", "    image: \"registry.example.org/team/service:1.22.0\"\n", "log.level=info\n", "      mountPath: /var/lib/service\n",
				"# How long a request may take, in seconds, before it is given up.\n", "server.port=8080\n", "  - name: http\n", "    readOnly: true\n", "\n"))
			continue
		}
		name := pick("db", "mail", "admin", "service", "backup", "user", "api", "cache", "queue", "search") + pick("_", "-", ".") +
			pick("password", "secret", "token", "key", "api_key", "pass", "auth", "credential", "url", "host", "access_key", "client_id")
		value := pick("${"+strings.ToUpper(name)+"}", "/etc/"+name, "true", "vault:"+name, "changeme", "production", "{{ ."+name+" }}", "")
		if random.IntN(4) == 0 {
			value = randomWord(random, 12+random.IntN(30))
		}
		fmt.Fprintf(&text, pick("%s: %s\n", "  %s: \"%s\"\n", "%s=%s\n", "export %s=%s\n", "# %s is set by %s\n"), name, value)
	}
	return []byte(text.String())
}

func randomWord(random *rand.Rand, n int) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	word := make([]byte, n)
	for i := range word {
		word[i] = digits[random.IntN(len(digits))]
	}
	return string(word)
}
