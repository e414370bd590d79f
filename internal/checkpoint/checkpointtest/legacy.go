package checkpointtest

import (
	"encoding/binary"
	"slices"
)

// A Legacy file is five pickles, of which the last lists Keys, and then the storages.
type Legacy struct {
	Magic, Version, System, Object []byte
	Keys                           []string
	Storages                       []Storage // in the order in which they stand in the file
}

// LegacyFile lays out a checkpoint as torch.save did before 1.6.
func LegacyFile(object []byte, storages ...Storage) Legacy {
	system := NewPickle().Op('}').Mark().
		Str("protocol_version").Int(1001).
		Str("little_endian").Op(0x88).
		Str("type_sizes").Op('}').Mark().Str("short").Int(2).Str("int").Int(4).Str("long").Int(4).Op('u').
		Op('u').Bytes()
	l := Legacy{
		Magic:   NewPickle().Op(0x8a, 10).Op([]byte("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")...).Bytes(),
		Version: NewPickle().Op('M', 0xe9, 3).Bytes(),
		System:  system,
		Object:  object,
	}
	l.Storages = slices.SortedFunc(slices.Values(storages), func(a, b Storage) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	for _, s := range l.Storages {
		l.Keys = append(l.Keys, s.Key)
	}
	return l
}

// StateDictLegacy is LegacyFile for a state dict.
func StateDictLegacy(tensors ...Named) Legacy {
	for i := range tensors {
		tensors[i].Storage.Legacy = true
	}
	return LegacyFile(NewPickle().StateDict(tensors...).Bytes(), storagesOf(tensors)...)
}

// Bytes writes the file.
func (l Legacy) Bytes() []byte {
	keys := NewPickle().Op(']').Mark()
	for _, k := range l.Keys {
		keys.Str(k)
	}
	out := slices.Concat(l.Magic, l.Version, l.System, l.Object, keys.Op('e').Bytes())
	for _, s := range l.Storages {
		out = binary.LittleEndian.AppendUint64(out, uint64(s.Numel))
		out = append(out, s.Data...)
	}
	return out
}

// Safetensors joins a header and data.
func Safetensors(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}
