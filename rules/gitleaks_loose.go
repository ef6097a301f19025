package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A loose is a table that is read as gitleaks reads it: keys in any case, a text
// where a list of texts is wanted, numbers written as texts.
type loose struct {
	parser *gitleaksParser
	where  string
	table  map[string]any // by keys in lower case; what was read is taken out
}

// lowered returns a table with its keys in lower case.
func lowered(table map[string]any) map[string]any {
	out := make(map[string]any, len(table))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		out[strings.ToLower(key)] = table[key]
	}
	return out
}

func (d *loose) take(key string) any {
	v := d.table[key]
	delete(d.table, key)
	return v
}

func (d *loose) wrong(key, want string) {
	d.parser.bad("%s: %s must be %s", d.where, key, want)
}

func (d *loose) text(key string) string {
	switch v := d.take(key).(type) {
	case nil:
		return ""
	case string:
		return v
	case int64, float64, bool:
		return fmt.Sprint(v)
	}
	d.wrong(key, "a text")
	return ""
}

func (d *loose) texts(key string) (list []string) {
	switch v := d.take(key).(type) {
	case nil:
	case string:
		list = append(list, v)
	case []any:
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				d.wrong(key, "a list of texts")
				return nil
			}
			list = append(list, s)
		}
	default:
		d.wrong(key, "a list of texts")
	}
	return list
}

func (d *loose) number(key string) float64 {
	switch v := d.take(key).(type) {
	case nil:
		return 0
	case int64:
		return float64(v)
	case float64:
		return v
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n
		}
	}
	d.wrong(key, "a number")
	return 0
}

// count is a number that may be absent.
func (d *loose) count(key string) *int {
	if d.table[key] == nil {
		return nil
	}
	n := int(d.number(key))
	return &n
}

func (d *loose) flag(key string) bool {
	switch v := d.take(key).(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b
		}
	}
	d.wrong(key, "true or false")
	return false
}

// tables are the tables under a key, one or several.
func (d *loose) tables(key string) (list []*loose) {
	add := func(v any) {
		table, ok := v.(map[string]any)
		if !ok {
			d.wrong(key, "a table")
			return
		}
		list = append(list, &loose{d.parser, d.where, lowered(table)})
	}
	switch v := d.take(key).(type) {
	case nil:
	case []any:
		for _, x := range v {
			add(x)
		}
	default:
		add(v)
	}
	return list
}

// merged makes one table of several, of which the later ones win: that is what
// gitleaks makes of [[allowlist]], which is meant to be one table.
func merged(tables []*loose) []*loose {
	if len(tables) < 2 {
		return tables
	}
	one := tables[0]
	for _, t := range tables[1:] {
		maps.Copy(one.table, t.table)
	}
	one.parser.note("%s: of several [[allowlist]] tables the last one counts for each key, as in gitleaks; [[allowlists]] are lists of their own", one.where)
	return []*loose{one}
}

// rest notes the keys that nothing was read from.
func (d *loose) rest() {
	for _, key := range slices.Sorted(maps.Keys(d.table)) {
		d.parser.note("%s: the key %q means nothing to gitleaks 8.30, and nothing here", d.where, key)
	}
}
