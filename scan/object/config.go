package object

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxConfig bounds a config file, in bytes.
const maxConfig = 1 << 20

// configured reads the repository's config file, tells what it says about
// objects that are not here or cannot be read, and returns the size of ids.
func (s *Store) configured(path string) (hashSize int) {
	data, err := readFile(path, maxConfig)
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			s.problem(path, err)
		}
		return 20
	}
	c := parseConfig(string(data))
	for _, err := range c.unknown() {
		s.problem(path, err)
	}
	if c.partial {
		s.missing(path, c.promisor)
	}
	switch c.extensions["objectformat"] {
	case "", "sha1":
	case "sha256":
		return 32
	default:
		s.problem(path, fmt.Errorf("object format %q is not known", c.extensions["objectformat"]))
	}
	return 20
}

// missing tells, once for a store, that it is a partial clone. remote may be
// empty.
func (s *Store) missing(path, remote string) {
	if s.partial {
		return
	}
	s.partial = true
	if !plainName(remote) {
		remote = "REMOTE"
	}
	s.problem(path, fmt.Errorf("partial clone: objects that were never fetched are not here and not examined; "+
		`fetch them with "git fetch --refetch --no-filter %s"`, remote))
}

// plainName reports whether a remote's name can be shown and be typed into a
// shell: it is not a URL, which may hold a password.
func plainName(name string) bool {
	return name != "" && name[0] != '-' && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == ""
}

// Worktree returns where a repository's own configuration says that its working
// tree is (core.worktree), as it stands there; "" if it does not say. Whoever wrote
// the repository wrote this too.
func Worktree(gitDir string) string {
	data, err := readFile(filepath.Join(gitDir, "config"), maxConfig)
	if err != nil {
		return ""
	}
	c := parseConfig(string(data))
	if isTrue(c.extensions["worktreeconfig"]) {
		if data, err := readFile(filepath.Join(gitDir, "config.worktree"), maxConfig); err == nil {
			c.worktree = cmp.Or(parseConfig(string(data)).worktree, c.worktree)
		}
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\t`, "\t", `\n`, "\n").Replace(c.worktree)
}

// A config is what a config file says about how the repository is kept.
type config struct {
	version    string            // core.repositoryformatversion
	extensions map[string]string // by name in lower case
	order      []string          // their names as they come
	partial    bool              // some remote promises objects that are not here
	promisor   string            // its name
	worktree   string            // core.worktree
}

// parseConfig knows as much of the format of config files as Git writes.
func parseConfig(text string) config {
	c := config{extensions: make(map[string]string)}
	section, sub := "", ""
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		line = strings.TrimSpace(line)
		if head, rest, ok := strings.Cut(line, "]"); ok && strings.HasPrefix(head, "[") {
			section, sub, _ = strings.Cut(strings.TrimSpace(head[1:]), " ")
			if sub == "" { // the old form
				section, sub, _ = strings.Cut(section, ".")
			}
			section, sub = strings.ToLower(section), strings.Trim(strings.TrimSpace(sub), `"`)
			line = strings.TrimSpace(rest)
		}
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		value = configValue(value)
		if !ok {
			value = "true"
		}
		c.set(section, sub, strings.ToLower(strings.TrimSpace(key)), value)
	}
	return c
}

// configValue takes comment and quotes off a value.
func configValue(value string) string {
	quoted := false
	for i := range len(value) {
		if value[i] == '"' && (i == 0 || value[i-1] != '\\') {
			quoted = !quoted
		}
		if !quoted && (value[i] == '#' || value[i] == ';') {
			value = value[:i]
			break
		}
	}
	return strings.Trim(strings.TrimSpace(value), `"`)
}

// set takes in one line.
func (c *config) set(section, sub, key, value string) {
	switch {
	case section == "core" && key == "repositoryformatversion":
		c.version = value
	case section == "core" && sub == "" && key == "worktree":
		c.worktree = value
	case section == "extensions" && sub == "":
		if _, ok := c.extensions[key]; !ok {
			c.order = append(c.order, key)
		}
		c.extensions[key] = value
		if key == "objectformat" {
			c.extensions[key] = strings.ToLower(value)
		}
		if key == "partialclone" {
			c.partial, c.promisor = true, value
		}
	case section == "remote" && key == "promisor" && isTrue(value),
		section == "remote" && key == "partialclonefilter":
		c.partial = true
		if c.promisor == "" {
			c.promisor = sub
		}
	}
}

func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "", "false", "no", "off", "0":
		return false
	}
	return true
}

// unknown lists what the repository demands of its readers beyond what this
// package can do.
func (c *config) unknown() (problems []error) {
	version, err := strconv.Atoi(c.version)
	if c.version != "" && (err != nil || version < 0 || version > 1) {
		problems = append(problems, fmt.Errorf("repository format %q is not known; objects are read as in format 1", c.version))
	}
	if version == 0 && err == nil {
		return problems // extensions count from format 1 on
	}
	for _, name := range c.order {
		switch name {
		case "noop", "noop-v1", "objectformat", "compatobjectformat", "partialclone", "preciousobjects",
			"relativeworktrees", "worktreeconfig":
		case "refstorage":
			if v := c.extensions[name]; v != "files" && v != "reftable" {
				problems = append(problems, fmt.Errorf("refs kept as %q are not read", v))
			}
		default:
			problems = append(problems, fmt.Errorf("the repository uses the extension %q, which is not known; "+
				"what it keeps elsewhere or in another form is not examined", name))
		}
	}
	return problems
}
