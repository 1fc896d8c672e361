package store

import (
	"context"
	"sync"

	"github.com/pingcap/kvproto/pkg/kvrpcpb"
	"github.com/pingcap/kvproto/pkg/tikvpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// batchInFlight bounds the requests of one stream that wait for the raft loop; at
// the limit the stream is not read, which the client feels as back pressure.
const batchInFlight = 1024

// BatchCommands carries many requests over one stream, in any order of answers.
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
			return status.Error(codes.InvalidArgument, "as many requests as ids, please")
		}
		if err := b.serve(ctx, in); err != nil {
			return err
		}
	}
}

// batch is one stream of BatchCommands. A request that is answered later holds a
// slot until its answer is taken to be sent, so there is always room for it.
type batch struct {
	s       *service
	sending sync.Mutex // a stream takes one message at a time
	stream  tikvpb.Tikv_BatchCommandsServer
	slots   chan struct{}
	late    chan batchAnswer
}

type (
	batchAnswer struct {
		id   uint64
		resp *batchResponse
	}
	batchResponse = tikvpb.BatchCommandsResponse_Response
)

// serve works on the requests of one message, and answers at once what needs no
// waiting.
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

// sendLate gives answers back as they come, several in one message when several
// are there.
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

// atOnce answers a request that needs no waiting; nil for the others.
func (s *service) atOnce(ctx context.Context, r *tikvpb.BatchCommandsRequest_Request) *batchResponse {
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

// later answers a request when it is done. A single write, which is most of a
// usual load, waits without a goroutine of its own.
func (s *service) later(ctx context.Context, r *tikvpb.BatchCommandsRequest_Request, done func(*batchResponse)) {
	if c, ok := r.Cmd.(*tikvpb.BatchCommandsRequest_Request_RawPut); ok {
		s.put(c.RawPut, func(x *kvrpcpb.RawPutResponse) {
			done(&batchResponse{Cmd: &tikvpb.BatchCommandsResponse_Response_RawPut{RawPut: x}})
		})
		return
	}
	go func() { done(s.one(ctx, r)) }()
}

// one answers one request of a batch.
func (s *service) one(ctx context.Context, r *tikvpb.BatchCommandsRequest_Request) *tikvpb.BatchCommandsResponse_Response {
	type out = batchResponse
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
