package mtm

import (
	"errors"
	"fmt"

	"pop3mtm/mtm/store"
)

// The numbers of the original's command table (behaviour section 1). The eighteen
// get-mail numbers from FunctionCopyNew on are New, Selection and All, each Copy and
// Move, each already connected, stay online and disconnect.
const (
	FunctionIsConnected                = 1048576
	FunctionConnect                    = 1048577
	FunctionDisconnect                 = 1048578
	FunctionCreateReceipt              = 1048579
	FunctionCopyNew                    = 1048580
	FunctionMoveAllThenDisconnect      = 1048597
	FunctionCancelOffline              = 1048598
	FunctionCancelSendOnNextConnection = 1048599
	FunctionCreateNew                  = 1048600
	FunctionCreateReply                = 1048601
	FunctionCreateForward              = 1048602
	FunctionCreateForwardAsAttachment  = 1048603
	FunctionCreateReceiptEmail         = 1048604
	FunctionPopulate                   = 1048605
	FunctionPopulateNew                = 1048606
	FunctionPopulateAll                = 1048607
)

// GetMailInfo is the parameter of the get-mail functions.
type GetMailInfo struct {
	MaxSize int64 // octets on the wire; 0 = no limit
	Into    store.ID
}

// PopulateOptions is the parameter of the populate functions.
type PopulateOptions struct {
	MaxSize int64 // octets on the wire; 0 = no limit
	Limit   int   // lines of the body, or -1 for whole messages
}

// Function gives the command of a number of the original's table. selection[0] is
// the service entry, what follows are messages; for the numbers that make a message
// they are the destination and the original. parameter is a GetMailInfo, a
// PopulateOptions, a CreateOptions, or nil where the number has none. A number that the original does
// not carry out, or that is not in the table, is ErrNotSupported; a wrong selection
// or parameter is ErrArgument.
func Function(id int, selection []store.ID, parameter any) (Command, error) {
	switch id {
	case FunctionIsConnected:
		return IsConnected{}, nil
	case FunctionCreateReceipt, FunctionCancelSendOnNextConnection: // dead in the original too
		return nil, notSupported(id)
	}
	if id < FunctionIsConnected || id > FunctionPopulateAll {
		return nil, notSupported(id)
	}
	if id == FunctionCancelOffline {
		return CancelOffline{Messages: selection}, nil
	}
	if len(selection) == 0 {
		return nil, wrong(id, errors.New("the selection has no service entry"))
	}
	messages := selection[1:]
	switch {
	case id == FunctionConnect:
		return Connect{Keep: messages}, nil
	case id == FunctionDisconnect:
		return Disconnect{}, nil
	case id <= FunctionMoveAllThenDisconnect:
		return getMailFunction(id, messages, parameter)
	case id <= FunctionCreateReceiptEmail:
		return createFunction(id, selection, parameter)
	}
	return populateFunction(id, messages, parameter)
}

func getMailFunction(id int, messages []store.ID, parameter any) (Command, error) {
	info, ok := parameter.(GetMailInfo)
	if !ok {
		return nil, wrong(id, fmt.Errorf("the parameter is %T, not GetMailInfo", parameter))
	}
	n := id - FunctionCopyNew
	return GetMail{
		Which: Which(n / 6), Take: Take(n / 3 % 2), Link: Link(n % 3),
		Into: info.Into, Messages: messages, MaxSize: info.MaxSize,
	}, nil
}

func populateFunction(id int, messages []store.ID, parameter any) (Command, error) {
	options, ok := parameter.(PopulateOptions)
	if !ok {
		return nil, wrong(id, fmt.Errorf("the parameter is %T, not PopulateOptions", parameter))
	}
	p := Populate{Messages: messages, MaxSize: options.MaxSize}
	switch id {
	case FunctionPopulate:
		p.Which = Selection
	case FunctionPopulateNew:
		p.Which = New
	case FunctionPopulateAll:
		p.Which = All
	}
	if options.Limit >= 0 {
		p.Top, p.Lines = true, options.Limit
	}
	return p, nil
}

func createFunction(id int, selection []store.ID, parameter any) (Command, error) {
	options, ok := parameter.(CreateOptions)
	if !ok {
		return nil, wrong(id, fmt.Errorf("the parameter is %T, not CreateOptions", parameter))
	}
	into := selection[0]
	if id == FunctionCreateNew {
		return CreateNew{Into: into, CreateOptions: options}, nil
	}
	if len(selection) < 2 {
		return nil, wrong(id, errors.New("the selection has no original"))
	}
	switch original := selection[1]; id {
	case FunctionCreateReply:
		return CreateReply{Into: into, Original: original, CreateOptions: options}, nil
	case FunctionCreateForward:
		return CreateForward{Into: into, Original: original, CreateOptions: options}, nil
	case FunctionCreateForwardAsAttachment:
		return CreateForwardAsAttachment{Into: into, Original: original, CreateOptions: options}, nil
	default:
		return CreateReceipt{Into: into, Original: original, Types: options.Types, Service: options.Service}, nil
	}
}

func notSupported(id int) error {
	return &Error{Command: fmt.Sprintf("function %d", id), Code: ErrNotSupported}
}

func wrong(id int, err error) error {
	return &Error{Command: fmt.Sprintf("function %d", id), Code: ErrArgument, Err: err}
}
