package store

import (
	"context"
	"sync"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// batchInFlight bounds the requests of one stream that are worked on at once;
// at the limit the stream is not read, which the client feels as back pressure.
const batchInFlight = 1024

// BatchCommands carries many requests over one stream, in any order of answers.
func (s *service) BatchCommands(stream tikvpb.Tikv_BatchCommandsServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	answers := make(chan answer, batchInFlight)
	var working sync.WaitGroup
	var sending sync.WaitGroup
	sending.Go(func() { send(stream, answers, cancel) })
	defer sending.Wait()
	defer close(answers)
	defer working.Wait()
	defer cancel()
	slots := make(chan struct{}, batchInFlight)
	for {
		in, err := stream.Recv()
		if err != nil {
			return err
		}
		if s.paused.Load() {
			return errPaused
		}
		if len(in.Requests) != len(in.RequestIds) {
			return status.Error(codes.InvalidArgument, "as many requests as ids, please")
		}
		for i, r := range in.Requests {
			if resp := s.atOnce(ctx, r); resp != nil {
				answers <- answer{in.RequestIds[i], resp}
				continue
			}
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			working.Go(func() {
				defer func() { <-slots }()
				answers <- answer{in.RequestIds[i], s.one(ctx, r)}
			})
		}
	}
}

type answer struct {
	id   uint64
	resp *tikvpb.BatchCommandsResponse_Response
}

// send gives answers back as they come, several in one message when several
// are there. After an error it only drains.
func send(stream tikvpb.Tikv_BatchCommandsServer, answers <-chan answer, cancel func()) {
	broken := false
	for a := range answers {
		out := &tikvpb.BatchCommandsResponse{RequestIds: []uint64{a.id}, Responses: []*tikvpb.BatchCommandsResponse_Response{a.resp}}
		for range min(128, len(answers)) {
			a := <-answers
			out.RequestIds = append(out.RequestIds, a.id)
			out.Responses = append(out.Responses, a.resp)
		}
		if !broken && stream.Send(out) != nil {
			broken = true
			cancel()
		}
	}
}

// atOnce answers a request that needs no waiting, and so no goroutine of its
// own; nil for the others.
func (s *service) atOnce(ctx context.Context, r *tikvpb.BatchCommandsRequest_Request) *tikvpb.BatchCommandsResponse_Response {
	c, ok := r.Cmd.(*tikvpb.BatchCommandsRequest_Request_RawGet)
	if !ok {
		return nil
	}
	x := s.get(ctx, c.RawGet, s.n.readAtOnce)
	if x == nil {
		return nil
	}
	return &tikvpb.BatchCommandsResponse_Response{Cmd: &tikvpb.BatchCommandsResponse_Response_RawGet{RawGet: x}}
}

// one answers one request of a batch.
func (s *service) one(ctx context.Context, r *tikvpb.BatchCommandsRequest_Request) *tikvpb.BatchCommandsResponse_Response {
	type (
		out = tikvpb.BatchCommandsResponse_Response
	)
	switch c := r.Cmd.(type) {
	case *tikvpb.BatchCommandsRequest_Request_RawGet:
		x, _ := s.RawGet(ctx, c.RawGet)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawGet{RawGet: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawBatchGet:
		x, _ := s.RawBatchGet(ctx, c.RawBatchGet)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchGet{RawBatchGet: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawPut:
		x, _ := s.RawPut(ctx, c.RawPut)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawPut{RawPut: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawBatchPut:
		x, _ := s.RawBatchPut(ctx, c.RawBatchPut)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchPut{RawBatchPut: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawDelete:
		x, _ := s.RawDelete(ctx, c.RawDelete)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawDelete{RawDelete: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawBatchDelete:
		x, _ := s.RawBatchDelete(ctx, c.RawBatchDelete)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchDelete{RawBatchDelete: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawDeleteRange:
		x, _ := s.RawDeleteRange(ctx, c.RawDeleteRange)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawDeleteRange{RawDeleteRange: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawScan:
		x, _ := s.RawScan(ctx, c.RawScan)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawScan{RawScan: x}}
	case *tikvpb.BatchCommandsRequest_Request_RawBatchScan:
		x, _ := s.RawBatchScan(ctx, c.RawBatchScan)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchScan{RawBatchScan: x}}
	case *tikvpb.BatchCommandsRequest_Request_Empty:
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_Empty{Empty: &tikvpb.BatchCommandsEmptyResponse{TestId: c.Empty.GetTestId()}}}
	case *tikvpb.BatchCommandsRequest_Request_RawCoprocessor:
		x, _ := s.RawCoprocessor(ctx, c.RawCoprocessor)
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_RawCoprocessor{RawCoprocessor: x}}
	}
	return transactional(r)
}

// transactional refuses what this store has not: transactions.
func transactional(r *tikvpb.BatchCommandsRequest_Request) *tikvpb.BatchCommandsResponse_Response {
	const abort = "this store serves raw keys only, no transactions"
	type out = tikvpb.BatchCommandsResponse_Response
	switch r.Cmd.(type) {
	case *tikvpb.BatchCommandsRequest_Request_Get:
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_Get{Get: &kvrpcpb.GetResponse{Error: &kvrpcpb.KeyError{Abort: abort}}}}
	case *tikvpb.BatchCommandsRequest_Request_Prewrite:
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_Prewrite{Prewrite: &kvrpcpb.PrewriteResponse{Errors: []*kvrpcpb.KeyError{{Abort: abort}}}}}
	case *tikvpb.BatchCommandsRequest_Request_Scan:
		return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_Scan{Scan: &kvrpcpb.ScanResponse{Error: &kvrpcpb.KeyError{Abort: abort}}}}
	}
	return &out{Cmd: &tikvpb.BatchCommandsResponse_Response_Empty{Empty: &tikvpb.BatchCommandsEmptyResponse{}}}
}
