package object

import (
	"path"
	"strings"
)

// IsStored reports whether a file, named relative to an object directory, is one that
// a store reads: a loose object, a pack or its index. Everything else that may lie
// there is nothing to a store, and is content like that of any other file.
func IsStored(name string) bool {
	first, rest, deeper := strings.Cut(name, "/")
	switch {
	case !deeper:
		return strings.HasPrefix(first, leftoverObject)
	case strings.HasPrefix(first, quarantines[0]) || strings.HasPrefix(first, quarantines[1]):
		return IsStored(rest)
	case first == "pack":
		ext := path.Ext(rest)
		return !strings.Contains(rest, "/") && (ext == ".pack" || ext == ".idx" || strings.HasPrefix(rest, leftoverPack))
	case len(first) == 2:
		_, err := ParseID(first + rest)
		return err == nil && rest == strings.ToLower(rest) || strings.HasPrefix(rest, leftoverObject)
	}
	return false
}
