package archive

import (
	"archive/tar"
	"compress/bzip2"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/nwaples/rardecode/v2"
)

// plain says in few words of ours what is wrong with a container. The libraries'
// own texts may quote what they read.
func plain(err error) error {
	var limit *LimitError
	var corrupt flate.CorruptInputError
	var structural bzip2.StructuralError
	switch {
	case err == nil, errors.As(err, &limit), errors.Is(err, errRatio), errors.Is(err, ErrEncrypted), errors.Is(err, ErrMemory):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errTruncated
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch), errors.Is(err, rardecode.ErrBadFileChecksum):
		return errChecksum
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, tar.ErrHeader), errors.As(err, &corrupt), errors.As(err, &structural):
		return errDamaged
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, rardecode.ErrDictionaryTooLarge):
		return errWindow
	case errors.Is(err, rardecode.ErrArchiveEncrypted), errors.Is(err, rardecode.ErrArchivedFileEncrypted):
		return ErrEncrypted
	case errors.Is(err, rardecode.ErrMultiVolume):
		return errVolumes
	case errors.Is(err, rardecode.ErrUnsupportedDecoder), errors.Is(err, rardecode.ErrUnknownDecoder), errors.Is(err, rardecode.ErrUnknownVersion):
		return errMethod
	case errors.Is(err, errDamaged), errors.Is(err, errTruncated), errors.Is(err, errChecksum), errors.Is(err, errMethod), errors.Is(err, errWindow):
		return err
	}
	return errDamaged
}

var (
	errWindow  = errors.New("packed with a larger window than is read here")
	errVolumes = errors.New("goes on in another file")
	errMethod  = errors.New("packed with a method that is not read here")
)
