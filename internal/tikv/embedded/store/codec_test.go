package store

import (
	"bytes"
	"testing"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// What is read is a copy: the buffers go back to gRPC's pool.
func TestTheCodecReadsWhatItWrites(t *testing.T) {
	c := newCodec()
	for _, size := range []int{0, 10, 5000, 2 << 20} {
		m := &kvrpcpb.RawPutRequest{Key: []byte("k"), Value: bytes.Repeat([]byte("v"), size)}
		b, err := c.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, m.Size(), b.Len())
		var is kvrpcpb.RawPutRequest
		require.NoError(t, c.Unmarshal(b, &is))
		for _, part := range b {
			clear(part.ReadOnlyData())
		}
		require.Equal(t, m.Value, append([]byte{}, is.Value...), "%d bytes", size)
		b.Free()
	}
	b, err := c.Marshal(&kvrpcpb.RawPutRequest{Key: []byte("k")})
	require.NoError(t, err)
	require.Error(t, c.Unmarshal(b, &kvrpcpb.ScanResponse{}), "another message")
}

// The health service speaks messages that another generator made.
func TestTheCodecLeavesOtherMessagesToGRPC(t *testing.T) {
	c := newCodec()
	b, err := c.Marshal(&grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING})
	require.NoError(t, err)
	var is grpc_health_v1.HealthCheckResponse
	require.NoError(t, c.Unmarshal(b, &is))
	require.Equal(t, grpc_health_v1.HealthCheckResponse_SERVING, is.Status)
}
