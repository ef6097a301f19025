package rules

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

// The model in the source is one that can be read, and small.
func TestBuiltinModel(t *testing.T) {
	m, err := ParseModel(modelText)
	if err != nil {
		t.Fatal(err)
	}
	if m.low >= m.medium {
		t.Errorf("low confidence from %d on, medium from %d on", m.low, m.medium)
	}
	if info, err := os.Stat("model.txt"); err != nil || info.Size() > 300<<10 {
		t.Errorf("model.txt: %v, %v", info, err)
	}
}

const twoTrees = "# a model\nbias 100\nmedium 1500\nlow -500\ntree\nlength 8 0\n-700\nentropy 900 400\n300\n1500\ntree\n50\n"

func TestScore(t *testing.T) {
	m, err := ParseModel(twoTrees)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		length, entropy int16
		score           int32
		confidence      report.Confidence
		reported        bool
	}{
		{8, 1000, -550, 0, false},
		{9, 900, 450, report.ConfidenceLow, true},
		{9, 901, 1650, report.ConfidenceMedium, true},
	} {
		traits := Traits{traitLength: c.length, traitEntropy: c.entropy}
		score := m.score(&traits)
		confidence, reported := m.confidence(score)
		if score != c.score || confidence != c.confidence || reported != c.reported {
			t.Errorf("%+v: score %d, confidence %v, reported %t", c, score, confidence, reported)
		}
		sum := 0.0
		for _, f := range m.influences(&traits) {
			sum += f.Log
		}
		if want := float64(score-m.bias-50) / 1000; math.Abs(sum-want) > 1e-9 {
			t.Errorf("%+v: the influences add up to %v, want %v", c, sum, want)
		}
	}
}

func TestParseModelRefuses(t *testing.T) {
	for _, text := range []string{
		"", "bias 1\n", "tree\n", "tree\ntree\n1\n", "1\n", "tree\nlength 8 0\n1\n", "tree\nlength 8 0\n1\ntree\n1\n", "tree\n1\n2\n",
		"tree\nlengths 8 0\n1\n2\n", "tree\nlength 80000 0\n1\n2\n", "tree\nx\n", "bias x\ntree\n1\n", "bias 99999999999\ntree\n1\n",
	} {
		if _, err := ParseModel(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("ParseModel(%q): %v", text, err)
		}
	}
}

// Whatever stands in a model, it is refused, or it gives every candidate a score.
func FuzzParseModel(f *testing.F) {
	f.Add(twoTrees, int16(9))
	f.Fuzz(func(t *testing.T, text string, value int16) {
		m, err := ParseModel(text)
		if err != nil {
			return
		}
		var traits Traits
		for i := range traits {
			traits[i] = value
		}
		m.score(&traits)
	})
}

func TestTraitTexts(t *testing.T) {
	seen := map[string]Trait{}
	for i, text := range traitTexts {
		if other, ok := seen[text.name]; ok || text.name == "" || text.words == "" || strings.Contains(text.name, " ") {
			t.Errorf("trait %d: %+v, as trait %d", i, text, other)
		}
		seen[text.name] = Trait(i)
	}
}

// Any text has traits, and they take no memory.
func TestObserve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"password", "db-key", "API_TOKEN2", ""}).Draw(t, "name")
		value := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "value")
		data := []byte(name + ` = "` + string(value) + `", `)
		c := candidate{nameEnd: len(name), start: len(name) + 4, end: len(name) + 4 + len(value)}
		e := evidence{class: namePassword, length: len(value)}
		var traits, again Traits
		traits.observe(data, c, value, e)
		if n := testing.AllocsPerRun(2, func() { again = Traits{}; again.observe(data, c, value, e) }); n > 0 {
			t.Errorf("%v allocations", n)
		}
		if traits != again {
			t.Error("not the same twice")
		}
		for i, share := range map[Trait]int16{traitDigits: traits[traitDigits], traitEntropy: traits[traitEntropy], traitReadable: traits[traitReadable]} {
			if share < 0 || share > 1000 {
				t.Errorf("trait %s is %d", i, share)
			}
		}
	})
}

// evenness is relativeEntropy in whole numbers.
func TestEvenness(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOfN(rapid.ByteRange('0', 'z'), 1, 200).Draw(t, "value")
		var traits Traits
		traits.characters(value)
		if got, want := float64(traits[traitEntropy]), 1000*relativeEntropy(value); math.Abs(got-want) > 4 {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	})
}

func TestHarmless(t *testing.T) {
	hex := strings.Repeat("0123456789abcdef", 4)
	for value, want := range map[string]bool{
		"sha256:" + hex: true, "SHA512-" + hex: true, "urn:uuid:x": true, "shadow-12": false, "sharpe:12": false,
		"#d0d0d0": true, "#fff": true, "#d0d0dg": false, "#d0d0d0d": false,
		"-1e1000": true, "0x00800000": true, "1.5e3": true, "+12": true, "12345678": false, "1e": false, "12345e": false, "-": false, "0x0123456789abcdef0": false,
		"ssh-rsa AAAAB3NzaC1yc2E x": true, "ssh-rsa of mine": false,
		"0x53c237_53c237": true, "9223372036854775807": true, "9223372036854775806": false, "utf-8": true, "HS256": true, "HS25x": false,
		"TlRMTVNTUAABBoII": true, "a/b/us-east-1/s3/aws4_request": true, "HIGH:!aNULL:!MD5": true, "a:!b": false,
		"Name+c74f20a3+A" + hex: true, "PRIVATE+c74f20a3+A" + hex: false, "Name+c74f20az+A" + hex: false, "hmac-sha256:" + hex: true,
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + strings.Repeat("A", 60):   true,  // SubjectPublicKeyInfo
		"MHcCAQEEI" + strings.Repeat("A", 100):                             false, // an EC private key
		"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + strings.Repeat("A", 100):      false, // PKCS #8
		"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + strings.Repeat("A", 100):      true,
		"MIIDdzCCAl+gAwIBAgIE" + strings.Repeat("A", 100):                  true, // a certificate
		"3059301306072a8648ce3d020106082a8648ce3d030107034200" + hex + hex: true,
	} {
		if got := harmless([]byte(value)); got != want {
			t.Errorf("harmless(%q) = %t", value, got)
		}
	}
}

// No bytes that begin like DER lead out of them.
func FuzzPublicDER(f *testing.F) {
	f.Add([]byte{0x30, 0x82, 1, 0, 0x30, 0x82})
	f.Fuzz(func(t *testing.T, der []byte) { publicDER(der) })
}

// What is decided before all trees are asked is what all of them would decide.
func TestModelJudgesEarly(t *testing.T) {
	m := builtinModel()
	rng := rand.New(rand.NewPCG(5, 7))
	var seen [3]int
	for range 20_000 {
		var traits Traits
		for i := range traits {
			traits[i] = int16(rng.IntN(12))
			if rng.IntN(3) == 0 {
				traits[i] = int16(rng.IntN(1000))
			}
		}
		want, wantOK := m.confidence(m.score(&traits))
		if got, ok := m.judge(&traits); got != want || ok != wantOK {
			t.Fatalf("judge = %v, %v, want %v, %v", got, ok, want, wantOK)
		}
		switch {
		case !wantOK:
			seen[0]++
		case want == report.ConfidenceLow:
			seen[1]++
		default:
			seen[2]++
		}
	}
	if seen[0] == 0 || seen[1] == 0 || seen[2] == 0 {
		t.Errorf("nothing, low and medium: %v", seen)
	}
}

// Chances grow with the score and end where the first and the last one are.
func TestProbability(t *testing.T) {
	const trees = "bias 0\nmedium 0\nlow -1\ntree\n0\n"
	m, err := ParseModel("chance -1000 100\nchance 1000 300\n" + trees)
	if err != nil {
		t.Fatal(err)
	}
	for score, want := range map[int32]float64{-5000: 0.1, -1000: 0.1, 0: 0.2, 500: 0.25, 1000: 0.3, 9000: 0.3} {
		if got := m.probability(score); math.Abs(got-want) > 1e-9 {
			t.Errorf("probability(%d) = %v, want %v", score, got, want)
		}
	}
	for _, text := range []string{"chance 1 2000\n", "chance 1 500\nchance 2 400\n", "chance 2 1\nchance 1 2\n", "chance 1\n", "chance x 1\n"} {
		if _, err := ParseModel(text + trees); err == nil {
			t.Errorf("%q is taken for a model", text)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	data := []byte(`  db_password = "q7Zk2mX9` + `pLw4Rt8vB", // set by the operator`) // assay:allow made up
	c := candidate{nameStart: 2, nameEnd: 13, start: 17, end: 34}
	m := builtinModel()
	for b.Loop() {
		var t Traits
		t.observe(data, c, c.value(data), evidence{class: namePassword, kind: kindRandom})
		m.judge(&t)
	}
}

func BenchmarkParseModel(b *testing.B) {
	for b.Loop() {
		if _, err := ParseModel(modelText); err != nil {
			b.Fatal(err)
		}
	}
}
