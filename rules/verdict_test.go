package rules

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/assayhq/assay/report"
)

func drawVerdict(t *rapid.T, s *Set) Match {
	r := &s.rules[rapid.IntRange(0, len(s.rules)-1).Draw(t, "rule")]
	return Match{
		Rule: r.Rule, Confidence: rapid.SampledFrom([]report.Confidence{0, 1, 2, 3}).Draw(t, "confidence"),
		Doubt: rapid.SampledFrom([]string{"", "It is a test."}).Draw(t, "doubt"), typed: rapid.Bool().Draw(t, "typed"),
		form: form(rapid.IntRange(0, int(formLiteral)).Draw(t, "form")), class: nameClass(rapid.IntRange(0, int(namePassword)).Draw(t, "class")),
		Beside: Beside{Title: rapid.SampledFrom([]string{"", "key id"}).Draw(t, "beside")},
		kind:   valueKind(rapid.IntRange(0, int(valueKinds)-1).Draw(t, "kind")), specificity: r.specificity,
		coats: [maxCoats]coat{coat(rapid.IntRange(0, int(coats)-1).Draw(t, "coat"))},
	}
}

func TestVerdictRoundTrip(t *testing.T) {
	s := compileBuiltin(t)
	rapid.Check(t, func(t *rapid.T) {
		m := drawVerdict(t, s)
		b := s.AppendVerdict([]byte("before"), m)
		got, rest, err := s.ReadVerdict(append(b[len("before"):], "after"...))
		if err != nil || got != m || string(rest) != "after" {
			t.Fatalf("got %+v, %q, %v, want %+v", got, rest, err, m)
		}
	})
}

// A verdict that is cut short, or that these rules cannot have said, is refused.
func TestVerdictRefused(t *testing.T) {
	s := compileBuiltin(t)
	rapid.Check(t, func(t *rapid.T) {
		m := drawVerdict(t, s)
		b := s.AppendVerdict(nil, m)
		if _, _, err := s.ReadVerdict(b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("cut short and taken")
		}
		for back := 1; back <= 5+maxCoats; back++ {
			bad := append([]byte(nil), b...)
			bad[len(bad)-back] = 0x7f
			if _, _, err := s.ReadVerdict(bad); err == nil {
				t.Fatalf("byte %d from the end taken", back)
			}
		}
		other := *m.Rule
		other.ID += "-of-others"
		m.Rule = &other
		if _, _, err := s.ReadVerdict(s.AppendVerdict(nil, m)); err == nil {
			t.Fatal("another rule taken")
		}
	})
}

// A field that a Match gets has to be kept by AppendVerdict, or to be an offset.
func TestVerdictKnowsAllOfAMatch(t *testing.T) {
	if n := reflect.TypeFor[Match]().NumField(); n != 16 {
		t.Errorf("a Match has %d fields, AppendVerdict knows 16, of Beside the title", n)
	}
}

// Every field of a rule that decides changes the digest.
func TestDigest(t *testing.T) {
	base := Rule{Rule: report.Rule{ID: "a-rule", Title: "A rule"}, Prefixes: []string{"abc_"}, Pattern: "abc_[a-z]{9}"}
	of := func(r Rule) [32]byte {
		s := &Set{rules: make([]compiled, 1)}
		s.rules[0].Rule = &r
		return s.Digest()
	}
	want := of(base)
	free := map[string]bool{"Origin": true, "Examples": true, "NonExamples": true}
	var try func(v reflect.Value, path string, r *Rule)
	try = func(v reflect.Value, path string, r *Rule) {
		for i := range v.NumField() {
			f, name := v.Field(i), v.Type().Field(i).Name
			if f.Kind() == reflect.Struct {
				try(f, name+".", r)
				continue
			}
			old := reflect.New(f.Type()).Elem()
			old.Set(f)
			alter(t, f)
			if changed := of(*r) != want; changed == free[name] {
				t.Errorf("%s%s: changed %t", path, name, changed)
			}
			f.Set(old)
		}
	}
	r := base
	try(reflect.ValueOf(&r).Elem(), "", &r)
}

func alter(t *testing.T, f reflect.Value) {
	t.Helper()
	switch f.Kind() {
	case reflect.String:
		f.SetString(f.String() + "x")
	case reflect.Int:
		f.SetInt(f.Int() + 1)
	case reflect.Uint8:
		f.SetUint(f.Uint() + 1)
	case reflect.Bool:
		f.SetBool(!f.Bool())
	case reflect.Float64:
		f.SetFloat(f.Float() + 0.5)
	case reflect.Pointer:
		f.Set(reflect.New(f.Type().Elem()))
	case reflect.Slice:
		one := reflect.MakeSlice(f.Type(), 1, 1)
		if f.Type().Elem().Kind() == reflect.String {
			one.Index(0).SetString("x")
		}
		f.Set(one)
	default:
		t.Fatalf("a field of kind %s", f.Kind())
	}
}
