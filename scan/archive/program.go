package archive

import "bytes"

// isScript reports whether a content is a script, which may have a compressed stream
// behind its last line: installers unpack what follows them.
func isScript(head []byte) bool { return bytes.HasPrefix(head, []byte("#!")) }

// SniffBehind finds the compressed stream that a script has behind one of its lines, by
// its first bytes, and where in the content it begins.
func SniffBehind(content []byte) (kind Kind, at int) {
	if !isScript(content) {
		return None, 0
	}
	for at := 0; ; {
		n := bytes.IndexByte(content[at:], '\n')
		if n < 0 {
			return None, 0
		}
		at += n + 1
		if rest := content[at:]; !beginsBehind(rest) {
			continue
		} else if k := Sniff(rest[:min(len(rest), Head)]); k.Compressed() || k == Tar {
			return k, at
		}
	}
}

// beginsBehind rules out at little cost most lines of a script: there may be many.
func beginsBehind(line []byte) bool {
	const mark, where = "ustar", 257 // of a tar file; to sum up all of its head costs much
	return len(line) > 0 && (firsts[line[0]] || line[0] == ']' || line[0] >= 0x80 || line[0] < ' ') ||
		len(line) > where+len(mark) && string(line[where:where+len(mark)]) == mark
}

// Tail is how many of the last bytes SniffEnd looks at.
const Tail = zipEndSize

// SniffEnd tells by its last bytes whether a content has a zip file behind it, as
// programs, extensions of browsers and pictures with something to hide do.
func SniffEnd(tail []byte) Kind {
	if len(tail) == Tail && string(tail[:len(zipEnd)]) == zipEnd {
		return Zip
	}
	return None
}
