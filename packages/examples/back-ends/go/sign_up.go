package signup

import (
	"errors"
	"net/http"
)

// ErrTaken is what Accounts returns if the database refuses the row, because mobile and request_id are unique columns.
var ErrTaken = &ReceiptError{409, "the number has an account, or the receipt has made one"}

type Accounts interface {
	Insert(mobile, requestID string) error
}

func SignUp(receipts *Receipts, accounts Accounts) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		phone, err := receipts.Redeem(r.PostFormValue("receipt"), "register", r.PostFormValue("mobile"))
		if err == nil {
			err = accounts.Insert(phone.Mobile, phone.RequestID)
		}
		var refused *ReceiptError
		if errors.As(err, &refused) {
			http.Error(w, refused.Text, refused.Status)
		} else if err != nil {
			http.Error(w, "the account cannot be stored", http.StatusInternalServerError)
		} else {
			w.WriteHeader(http.StatusCreated)
		}
	}
}
