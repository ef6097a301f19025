package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/ulikunitz/xz"
)

// pack packs files into an archive whose name ends with its format: .gz, .xz, .zst,
// .tar, .tgz or .zip. It removes them, so that they are found there only.
func pack(ts *testscript.TestScript, neg bool, args []string) {
	name, files := args[0], args[1:]
	out, err := os.Create(ts.MkAbs(name))
	ts.Check(err)
	defer out.Close()
	switch filepath.Ext(name) {
	case ".tar":
		packTar(ts, out, files)
	case ".tgz":
		z := gzip.NewWriter(out)
		packTar(ts, z, files)
		ts.Check(z.Close())
	case ".zip", ".jar":
		packZip(ts, out, files)
	default:
		z := compressor(ts, name, out)
		_, err = io.WriteString(z, ts.ReadFile(files[0]))
		ts.Check(err)
		ts.Check(z.Close())
	}
	for _, f := range files {
		ts.Check(os.Remove(ts.MkAbs(f)))
	}
}

func compressor(ts *testscript.TestScript, name string, out io.Writer) (z io.WriteCloser) {
	var err error
	switch filepath.Ext(name) {
	case ".gz":
		z = gzip.NewWriter(out)
	case ".xz":
		z, err = xz.NewWriter(out)
	case ".zst":
		z, err = zstd.NewWriter(out)
	default:
		ts.Fatalf("pack: what is %s?", name)
	}
	ts.Check(err)
	return z
}

func packTar(ts *testscript.TestScript, out io.Writer, files []string) {
	t := tar.NewWriter(out)
	for _, f := range files {
		text := ts.ReadFile(f)
		ts.Check(t.WriteHeader(&tar.Header{Name: f, Mode: 0o644, Size: int64(len(text))}))
		_, err := io.WriteString(t, text)
		ts.Check(err)
	}
	ts.Check(t.Close())
}

func packZip(ts *testscript.TestScript, out io.Writer, files []string) {
	z := zip.NewWriter(out)
	for _, f := range files {
		w, err := z.Create(f)
		ts.Check(err)
		_, err = io.WriteString(w, ts.ReadFile(f))
		ts.Check(err)
	}
	ts.Check(z.Close())
}

// bomb writes MEGABYTES of zeros, packed as pack does.
func bomb(ts *testscript.TestScript, neg bool, args []string) {
	out, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer out.Close()
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	z := compressor(ts, args[0], out)
	zeros := strings.Repeat("\x00", 1<<20)
	for range n {
		_, err := io.WriteString(z, zeros)
		ts.Check(err)
	}
	ts.Check(z.Close())
}

// peakFile names the variable of the file that a run of the program tells its memory in.
const peakFile = "ASSAY_TEST_PEAK"

// lean runs assay and wants it to take less than so many MiB of memory.
func lean(ts *testscript.TestScript, neg bool, args []string) {
	most, err := strconv.Atoi(args[0])
	ts.Check(err)
	exe, err := exec.LookPath("assay")
	ts.Check(err)
	cmd := exec.Command(exe, args[1:]...)
	told := ts.MkAbs(".peak")
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), peakFile+"="+told)
	cmd.Run() // what it says of the input is not the question
	text, err := os.ReadFile(told)
	ts.Check(err)
	used, err := strconv.ParseInt(string(text), 10, 64)
	ts.Check(err)
	if underRace {
		most *= 3
	}
	if used > int64(most)<<20 {
		ts.Fatalf("assay %s took %d MiB of memory", strings.Join(args[1:], " "), used>>20)
	}
}
