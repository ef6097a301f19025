package fakeaws

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bucket is one of S3's, whose objects are the files of a folder.
type Bucket struct {
	Name string
	Dir  string
}

// readBucketPath reads the operations of S3 that are answered: what a bucket holds
// (/bucket/?list-type=2), and one object (/bucket/key).
func (r *Request) readBucketPath() error {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.HTTP.URL.Path, "/"), "/")
	switch {
	case r.HTTP.Method != http.MethodGet || bucket == "":
		return errUnknownOperation
	case key == "" && r.HTTP.URL.Query().Get("list-type") == "2":
		r.Operation = "ListObjectsV2"
	case key != "":
		r.Operation = "GetObject"
	default:
		return errUnknownOperation
	}
	r.Resource = bucket + "/" + key
	return nil
}

// bucket finds a bucket, which any account may ask for; one of another region says
// where it is.
func (x *call) bucket() (*Bucket, error) {
	name, _, _ := strings.Cut(x.Resource, "/")
	for _, account := range x.cloud.accounts {
		for _, g := range account.Regions {
			for _, b := range g.Buckets {
				if b.Name == name && g.Name == x.Region {
					return b, nil
				} else if b.Name == name {
					return nil, &apiError{http.StatusMovedPermanently, "PermanentRedirect", g.Name}
				}
			}
		}
	}
	return nil, &apiError{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}
}

func listObjects(x *call) error {
	b, err := x.bucket()
	if err != nil {
		return err
	}
	query := x.HTTP.URL.Query()
	keys, folders := b.list(query)
	all := append(folders, keys...)
	slices.Sort(all)
	size := int64(1000)
	from, to, next, err := x.page(query.Get("continuation-token"), &size, 1000, len(all))
	if err != nil {
		return err
	}
	x.buf = append(x.buf, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`...)
	x.element("Name", b.Name)
	x.element("KeyCount", strconv.Itoa(to-from))
	for _, name := range all[from:to] {
		if slices.Contains(folders, name) {
			x.wrap("CommonPrefixes", func() { x.element("Prefix", name) })
		} else {
			x.wrap("Contents", func() { x.element("Key", name) })
		}
	}
	if next != "" {
		x.element("NextContinuationToken", next)
	}
	x.buf = append(x.buf, "</ListBucketResult>"...)
	return nil
}

// list returns the keys that a listing asks for, and the folders that stand for
// several.
func (b *Bucket) list(query url.Values) (keys, folders []string) {
	prefix, delimiter, after := query.Get("prefix"), query.Get("delimiter"), query.Get("start-after")
	filepath.WalkDir(b.Dir, func(path string, entry fs.DirEntry, err error) error { // what cannot be read is not there
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		name, _ := filepath.Rel(b.Dir, path)
		key := filepath.ToSlash(name)
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || key <= after {
			return nil
		}
		if folder, _, cut := strings.Cut(rest, delimiter); delimiter != "" && cut {
			if folder = prefix + folder + delimiter; !slices.Contains(folders, folder) {
				folders = append(folders, folder)
			}
			return nil
		}
		keys = append(keys, key)
		return nil
	})
	return keys, folders
}

func getObject(x *call) error {
	b, err := x.bucket()
	if err != nil {
		return err
	}
	_, key, _ := strings.Cut(x.Resource, "/")
	if !filepath.IsLocal(filepath.FromSlash(key)) {
		return &apiError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	}
	text, err := os.ReadFile(filepath.Join(b.Dir, filepath.FromSlash(key)))
	if err != nil {
		return &apiError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	}
	x.buf = append(x.buf, text...)
	return nil
}

// writeS3Error answers as S3 does.
func writeS3Error(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	if code == "PermanentRedirect" {
		w.Header().Set("X-Amz-Bucket-Region", message)
		message = "The bucket you are attempting to access must be addressed using the specified endpoint."
	}
	writeBody(w, status, []byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n<Error><Code>"+escapeXML(code)+"</Code><Message>"+escapeXML(message)+"</Message></Error>"))
}
