// Serves the example for Go: POST /check and POST /sign-up.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"os"
	"sync"

	"shop/signup"
)

type accounts struct {
	mutex sync.Mutex
	taken map[string]bool
}

func (a *accounts) Insert(mobile, requestID string) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.taken[mobile] || a.taken[requestID] {
		return signup.ErrTaken
	}
	a.taken[mobile], a.taken[requestID] = true, true
	return nil
}

func main() {
	receipts := &signup.Receipts{URL: os.Getenv("SMS_CODES_URL"), APIKey: os.Getenv("SMS_CODES_API_KEY")}
	http.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/sign-up", signup.SignUp(receipts, &accounts{taken: map[string]bool{}}))
	http.HandleFunc("/check", func(w http.ResponseWriter, r *http.Request) {
		claims, err := receipts.Check(r.PostFormValue("receipt"), r.PostFormValue("scene"), r.PostFormValue("name"))
		var refused *signup.ReceiptError
		if errors.As(err, &refused) {
			http.Error(w, refused.Text, refused.Status)
			return
		}
		json.NewEncoder(w).Encode(claims)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
