package report

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The first eight are the vectors that GitHub publishes with its action. The
// others were computed with a JavaScript rendering of the same description under
// Node.js 20, whose decoder decides what broken UTF-8 counts for.
var lineHashVectors = []struct{ name, text, want string }{
	{"empty", "", "c129715d7a2bc9a3:1"},
	{"blanks", " a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"},
	{
		"no final newline", " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
		"8b7cf3e952e7aeb2:1 b1ae1287ec4718d9:1 bff680108adb0fcc:1 c6805c5e1288b612:1 b86d3392aea1be30:1 e6ceba753e1a442:1",
	},
	{"LF", " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", greetings},
	{"CR", " hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", greetings},
	{"CRLF", " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", greetings},
	{"mixed", " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", greetings},
	{
		"repeated", strings.Repeat("Lorem ipsum dolor sit amet.\n", 10),
		"a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff13bc495cf2:4 a7f2ff13bc495cf2:5 a7f2ff13bc495cf2:6 " +
			"a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1",
	},
	{"CR then CRLF", "a\rb\r\nc\n", "52668e89249e7477:1 9ed7939040abc6c0:1 3791504be0bd17cc:1 c129715d7a2bc9a3:1"},
	{"blank between CR and LF", "a\r \nb", "67c066a59e652f5e:1 cc4c43d77869440f:1 8ee5a81e681643c1:1"},
	{"tab and blank are the same", "\tx\n x\n", "8c072f39cc89b447:1 828973aa50c68d6d:1 c129715d7a2bc9a3:1"},
	{"surrogate pair", "🔑\nü", "d9ebab30c9453bd3:1 5f56ab7d9db0f7b3:1"},
	{"broken UTF-8", "\xff\xfe\n\xe2\x82\nok", "cd6bb9113bb68c6c:1 ce2934fefa5f66ac:1 eaf151335b39a161:1"},
	{"encoded surrogate", "\xed\xa0\x80\n\xf0\x9f\x94x\n", "f52b74f106653c2b:1 e8b5fa83423d6e92:1 c129715d7a2bc9a3:1"},
	{"longer than the window", "ééé\n" + strings.Repeat("x", 250) + "\ny", "6e5b7f6c3572e95d:1 52b56201ffb58620:1 ed3261245082261c:1"},
}

const greetings = "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 " +
	"c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1"

func TestLineHashes(t *testing.T) {
	for _, v := range lineHashVectors {
		t.Run(v.name, func(t *testing.T) {
			want := map[int]string{}
			var lines []int
			for i, hash := range strings.Fields(v.want) {
				want[i+1] = hash
				lines = append(lines, i+1)
			}
			lines = append(lines, len(want)+1, 0, -1) // lines that are not there
			got, err := LineHashes(strings.NewReader(v.text), lines)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Asking for one line gives what asking for all of them gives for it.
func TestLineHashesOfOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", " ", "\n", "\r", "\r\n", "🔑", "\xe2\x82", "abc\n", strings.Repeat("z", 90)}))
		text := strings.Join(pieces.Draw(t, "pieces"), "")
		var lines []int
		for i := range strings.Count(text, "\n") + strings.Count(text, "\r") + 1 {
			lines = append(lines, i+1)
		}
		all, err := LineHashes(strings.NewReader(text), lines)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			one, err := LineHashes(strings.NewReader(text), []int{line})
			if err != nil || one[line] != all[line] {
				t.Fatalf("line %d alone: %q, %v, among all: %q", line, one[line], err, all[line])
			}
		}
	})
}

func TestLineHashesErrors(t *testing.T) {
	broken := errors.New("input/output error")
	for name, r := range map[string]io.ReadSeeker{
		"read": struct {
			io.Reader
			io.Seeker
		}{iotest.ErrReader(broken), bytes.NewReader(nil)},
		"seek": struct {
			io.Reader
			io.Seeker
		}{bytes.NewReader(nil), brokenSeeker{broken}},
	} {
		if _, err := LineHashes(r, []int{1}); !errors.Is(err, broken) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type brokenSeeker struct{ err error }

func (b brokenSeeker) Seek(int64, int) (int64, error) { return 0, b.err }

// What is read does not depend on how many bytes come at a time.
func TestLineHashesOfSlowReader(t *testing.T) {
	text := strings.Repeat("🔑\xe2\x82 x\r\n", 20)
	want, err := LineHashes(strings.NewReader(text), []int{1, 7, 20})
	if err != nil || len(want) != 3 {
		t.Fatal(want, err)
	}
	r := strings.NewReader(text)
	got, err := LineHashes(struct {
		io.Reader
		io.Seeker
	}{iotest.OneByteReader(r), r}, []int{1, 7, 20})
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func BenchmarkLineHashes(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 1<<20)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyzabcdef     \n"[random.IntN(38)]
	}
	last := bytes.Count(text, []byte("\n"))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := LineHashes(bytes.NewReader(text), []int{1, last}); err != nil {
			b.Fatal(err)
		}
	}
}
