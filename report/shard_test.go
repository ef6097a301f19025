package report

import "testing"

func TestParseShard(t *testing.T) {
	for text, ok := range map[string]bool{"": true, "1/1": true, "7/7": true, "0/3": false, "4/3": false, "1": false, "/": false, "-1/2": false, "1/9999999": false, "1/2/3": false} {
		s, err := ParseShard(text)
		if (err == nil) != ok || ok && s.String() != text {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

func TestMissing(t *testing.T) {
	for _, test := range []struct {
		shards  []Shard
		missing int
		ok      bool
	}{
		{[]Shard{{1, 1}}, 0, true}, {[]Shard{{3, 3}, {1, 3}}, 1, true}, {[]Shard{{2, 7}}, 6, true},
		{[]Shard{{1, 2}, {1, 2}}, 0, false}, {[]Shard{{1, 2}, {2, 3}}, 0, false}, {[]Shard{{1, 2}, {}}, 0, false},
	} {
		if missing, err := Missing(test.shards); (err == nil) != test.ok || len(missing) != test.missing {
			t.Errorf("%v: %v, %v", test.shards, missing, err)
		}
	}
}
