package symbian

// The numbers of the original's command table (behaviour section 1). The eighteen get-mail numbers
// from CopyNew to MoveAllThenDisconnect are New, Selection and All, each Copy and Move, each
// already connected, stay online and disconnect.
const (
	IsConnected                    = 1048576
	Connect                        = 1048577
	Disconnect                     = 1048578
	CreateReceipt                  = 1048579 // the original has no code for it
	CopyNew                        = 1048580
	MoveAllThenDisconnect          = 1048597
	CancelOffline                  = 1048598
	CancelSendOnNextConnection     = 1048599 // the original has no code for it
	CreateNewEmail                 = 1048600
	CreateReplyEmail               = 1048601
	CreateForwardEmail             = 1048602
	CreateForwardAsAttachmentEmail = 1048603
	CreateReceiptEmail             = 1048604
	Populate                       = 1048605
	PopulateNew                    = 1048606
	PopulateAll                    = 1048607
)
