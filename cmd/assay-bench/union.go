package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
)

// buildUnion puts the folder corpora side by side under dir, with hard links
// where the file system allows them.
func buildUnion(ctx context.Context, b *bench, dir string) error {
	for _, c := range corpora() {
		if c.Repo || c.Name == "union" || c.Judged != notJudged {
			continue
		}
		places, err := b.prepare(ctx, c)
		if err != nil {
			return err
		}
		if err := linkTree(places[0].Dir, filepath.Join(dir, c.Name)); err != nil {
			return err
		}
	}
	return nil
}

// linkTree makes to a second tree with the regular files of from.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch target := filepath.Join(to, rel); {
		case e.IsDir():
			return os.MkdirAll(target, 0o755)
		case e.Type().IsRegular():
			return linkFile(path, target)
		}
		return nil
	})
}

func linkFile(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	return copyFile(from, to)
}
