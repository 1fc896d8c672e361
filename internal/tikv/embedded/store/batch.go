package store

import (
	"context"
	"sync"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// batchInFlight bounds the requests of one stream that wait for the raft loop. At
// the limit the stream is not read, which puts back pressure on the client.
const batchInFlight = 1024

// BatchCommands serves many requests over one stream and answers in any order.
func (s *service) BatchCommands(stream tikvpb.Tikv_BatchCommandsServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	b := &batch{s: s, stream: stream, slots: make(chan struct{}, batchInFlight), late: make(chan batchAnswer, batchInFlight)}
	var sending sync.WaitGroup
	sending.Go(func() {
		defer cancel()
		b.sendLate(ctx)
	})
	defer sending.Wait()
	defer cancel()
	for {
		in, err := stream.Recv()
		if err != nil {
			return err
		}
		if s.paused.Load() {
			return errPaused
		}
		if len(in.Requests) != len(in.RequestIds) {
			return status.Error(codes.InvalidArgument, "requests and request_ids differ in length")
		}
		if err := b.serve(ctx, in); err != nil {
			return err
		}
	}
}

// batch is one BatchCommands stream. A request that is answered later holds a slot
// until its answer is taken from late, so late always has room.
type batch struct {
	s       *service
	sending sync.Mutex // guards Send
	stream  tikvpb.Tikv_BatchCommandsServer
	slots   chan struct{}
	late    chan batchAnswer
}

type (
	batchAnswer struct {
		id   uint64
		resp *batchResponse
	}
	batchRequest  = tikvpb.BatchCommandsRequest_Request
	batchResponse = tikvpb.BatchCommandsResponse_Response
)

// serve handles the requests of one message and answers at once those that need
// not wait.
func (b *batch) serve(ctx context.Context, in *tikvpb.BatchCommandsRequest) error {
	var out tikvpb.BatchCommandsResponse
	for i, r := range in.Requests {
		id := in.RequestIds[i]
		if resp := b.s.atOnce(ctx, r); resp != nil {
			add(&out, batchAnswer{id, resp})
			continue
		}
		select {
		case b.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.s.later(ctx, r, func(resp *batchResponse) { b.late <- batchAnswer{id, resp} })
	}
	if len(out.Responses) == 0 {
		return nil
	}
	return b.send(&out)
}

func add(out *tikvpb.BatchCommandsResponse, a batchAnswer) {
	out.RequestIds = append(out.RequestIds, a.id)
	out.Responses = append(out.Responses, a.resp)
}

func (b *batch) send(out *tikvpb.BatchCommandsResponse) error {
	b.sending.Lock()
	defer b.sending.Unlock()
	return b.stream.Send(out)
}

// sendLate sends answers as they come, as many in one message as there are.
func (b *batch) sendLate(ctx context.Context) {
	for {
		var out tikvpb.BatchCommandsResponse
		select {
		case a := <-b.late:
			<-b.slots
			add(&out, a)
		case <-ctx.Done():
			return
		}
		for range min(127, len(b.late)) {
			add(&out, <-b.late)
			<-b.slots
		}
		if b.send(&out) != nil {
			return
		}
	}
}

// atOnce answers a request that need not wait. It returns nil for the others.
func (s *service) atOnce(ctx context.Context, r *batchRequest) *batchResponse {
	c, ok := r.Cmd.(*tikvpb.BatchCommandsRequest_Request_RawGet)
	if !ok {
		return nil
	}
	x := s.get(ctx, c.RawGet, s.n.readAtOnce)
	if x == nil {
		return nil
	}
	return &batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawGet{RawGet: x}}
}

// later answers a request when it is done. A single write, the most frequent one,
// waits without a goroutine of its own.
func (s *service) later(ctx context.Context, r *batchRequest, done func(*batchResponse)) {
	if c, ok := r.Cmd.(*tikvpb.BatchCommandsRequest_Request_RawPut); ok {
		s.put(c.RawPut, func(x *kvrpcpb.RawPutResponse) {
			done(&batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawPut{RawPut: x}})
		})
		return
	}
	go func() { done(s.one(ctx, r)) }()
}

// one answers one request of a batch. The answer to an unknown one is empty, as in
// TiKV.
func (s *service) one(ctx context.Context, r *batchRequest) *batchResponse {
	for _, serve := range commands {
		if resp := serve(s, ctx, r); resp != nil {
			return resp
		}
	}
	return &batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_Empty{Empty: &tikvpb.BatchCommandsEmptyResponse{}}}
}

// command answers requests of one kind and returns nil for the others.
type command func(*service, context.Context, *batchRequest) *batchResponse

// on builds a command from a getter of the request, its handler, and a constructor
// of the response.
func on[Q, A any](request func(*batchRequest) *Q, serve func(*service, context.Context, *Q) (*A, error), response func(*A) batchResponse) command {
	return func(s *service, ctx context.Context, r *batchRequest) *batchResponse {
		q := request(r)
		if q == nil {
			return nil
		}
		a, _ := serve(s, ctx, q) // errors are in the answer
		resp := response(a)
		return &resp
	}
}

// commands are all that a batch may hold. This store has no transactions; it refuses
// the requests with which a client begins one.
var commands = []command{
	on((*batchRequest).GetRawGet, (*service).RawGet, func(a *kvrpcpb.RawGetResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawGet{RawGet: a}}
	}),
	on((*batchRequest).GetRawPut, (*service).RawPut, func(a *kvrpcpb.RawPutResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawPut{RawPut: a}}
	}),
	on((*batchRequest).GetRawDelete, (*service).RawDelete, func(a *kvrpcpb.RawDeleteResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawDelete{RawDelete: a}}
	}),
	on((*batchRequest).GetRawScan, (*service).RawScan, func(a *kvrpcpb.RawScanResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawScan{RawScan: a}}
	}),
	on((*batchRequest).GetRawBatchGet, (*service).RawBatchGet, func(a *kvrpcpb.RawBatchGetResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchGet{RawBatchGet: a}}
	}),
	on((*batchRequest).GetRawBatchPut, (*service).RawBatchPut, func(a *kvrpcpb.RawBatchPutResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchPut{RawBatchPut: a}}
	}),
	on((*batchRequest).GetRawBatchDelete, (*service).RawBatchDelete, func(a *kvrpcpb.RawBatchDeleteResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchDelete{RawBatchDelete: a}}
	}),
	on((*batchRequest).GetRawBatchScan, (*service).RawBatchScan, func(a *kvrpcpb.RawBatchScanResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawBatchScan{RawBatchScan: a}}
	}),
	on((*batchRequest).GetRawDeleteRange, (*service).RawDeleteRange, func(a *kvrpcpb.RawDeleteRangeResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawDeleteRange{RawDeleteRange: a}}
	}),
	on((*batchRequest).GetRawCoprocessor, (*service).RawCoprocessor, func(a *kvrpcpb.RawCoprocessorResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawCoprocessor{RawCoprocessor: a}}
	}),
	on((*batchRequest).GetEmpty, always(func(q *tikvpb.BatchCommandsEmptyRequest) *tikvpb.BatchCommandsEmptyResponse {
		return &tikvpb.BatchCommandsEmptyResponse{TestId: q.TestId}
	}), func(a *tikvpb.BatchCommandsEmptyResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_Empty{Empty: a}}
	}),
	on((*batchRequest).GetGet, always(func(*kvrpcpb.GetRequest) *kvrpcpb.GetResponse {
		return &kvrpcpb.GetResponse{Error: noTransactions()}
	}), func(a *kvrpcpb.GetResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_Get{Get: a}}
	}),
	on((*batchRequest).GetScan, always(func(*kvrpcpb.ScanRequest) *kvrpcpb.ScanResponse {
		return &kvrpcpb.ScanResponse{Error: noTransactions()}
	}), func(a *kvrpcpb.ScanResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_Scan{Scan: a}}
	}),
	on((*batchRequest).GetPrewrite, always(func(*kvrpcpb.PrewriteRequest) *kvrpcpb.PrewriteResponse {
		return &kvrpcpb.PrewriteResponse{Errors: []*kvrpcpb.KeyError{noTransactions()}}
	}), func(a *kvrpcpb.PrewriteResponse) batchResponse {
		return batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_Prewrite{Prewrite: a}}
	}),
}

// always is a handler whose answer does not depend on the store.
func always[Q, A any](f func(*Q) *A) func(*service, context.Context, *Q) (*A, error) {
	return func(_ *service, _ context.Context, q *Q) (*A, error) { return f(q), nil }
}

func noTransactions() *kvrpcpb.KeyError {
	return &kvrpcpb.KeyError{Abort: "this store serves raw keys only, no transactions"}
}
