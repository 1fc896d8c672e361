package store

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// codec is gRPC's own for protocol buffers with a shorter way for TiKV's
// messages, whose generated code reads and writes them by itself: gRPC wraps
// each of them for reflection first.
type codec struct{ encoding.CodecV2 }

func newCodec() codec { return codec{encoding.GetCodecV2(proto.Name)} }

// generated is what gogo/protobuf generates for a message.
type generated interface {
	Size() int
	MarshalToSizedBuffer(b []byte) (int, error)
	Unmarshal(b []byte) error
}

// Marshal writes a message into a buffer of gRPC's pool.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	m, ok := v.(generated)
	if !ok {
		return c.CodecV2.Marshal(v)
	}
	n := m.Size()
	if mem.IsBelowBufferPoolingThreshold(n) {
		b := make([]byte, n)
		_, err := m.MarshalToSizedBuffer(b)
		return mem.BufferSlice{mem.SliceBuffer(b)}, err
	}
	pool := mem.DefaultBufferPool()
	b := pool.Get(n)
	if _, err := m.MarshalToSizedBuffer((*b)[:n]); err != nil {
		pool.Put(b)
		return nil, err
	}
	return mem.BufferSlice{mem.NewBuffer(b, pool)}, nil
}

// Unmarshal reads a message; it keeps nothing of data.
func (c codec) Unmarshal(data mem.BufferSlice, v any) error {
	m, ok := v.(generated)
	if !ok {
		return c.CodecV2.Unmarshal(data, v)
	}
	b := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer b.Free()
	return m.Unmarshal(b.ReadOnlyData())
}
