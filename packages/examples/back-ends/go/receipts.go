// Package signup checks receipts of sms-codes offline, and redeems them. It needs only the standard library.
package signup

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const keysLife, keysPause, faultPause = 300 * time.Second, 30 * time.Second, time.Second

var client = &http.Client{Timeout: 5 * time.Second}

// ReceiptError has the status to answer with: 400 not valid, 409 redeemed before, 503 sms-codes cannot tell now.
type ReceiptError struct {
	Status int
	Text   string
}

func (e *ReceiptError) Error() string { return e.Text }

// Receipts may be used by several goroutines.
type Receipts struct {
	URL, APIKey string

	mutex     sync.Mutex // of keys and fetchedAt
	keys      map[string]ed25519.PublicKey
	fetchedAt time.Time

	fetching  sync.Mutex // of nextFetch and fault, and of the request for keys
	nextFetch time.Time
	fault     error
}

type Redeemed struct {
	Mobile    string `json:"mobile"`
	Subject   string `json:"subject"`
	Assurance string `json:"assurance"`
	RequestID string `json:"request_id"`
}

// Redeem spends a receipt of this scene and number.
func (r *Receipts) Redeem(receipt, scene, mobile string) (redeemed Redeemed, err error) {
	body, _ := json.Marshal(map[string]string{"receipt": receipt, "scene": scene, "mobile": mobile})
	err = r.call("POST", "/v1/receipts/redeem", body, &redeemed)
	return redeemed, err
}

type Claims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Scene     string `json:"scene"`
	Audience  any    `json:"aud"`
	Assurance string `json:"assurance"`
	RequestID string `json:"rid"`
	ID        string `json:"jti"`
	IssuedAt  int64  `json:"iat"`
	Expires   int64  `json:"exp"`
}

// Check returns the claims of a receipt, offline. The name is that of your API key if it is bound to scenes, else "".
func (r *Receipts) Check(receipt, scene, name string) (*Claims, error) {
	var header struct {
		Alg, Kid string
		Crit     any
	}
	var claims Claims
	parts := strings.Split(receipt, ".")
	if len(parts) != 3 || decode(parts[0], &header) != nil || header.Alg != "EdDSA" || header.Crit != nil {
		return nil, &ReceiptError{400, "this is no receipt"}
	}
	key, err := r.key(header.Kid)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	switch {
	case err != nil || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature):
		return nil, &ReceiptError{400, "the receipt is forged"}
	case decode(parts[1], &claims) != nil || claims.Issuer != "sms-codes":
		return nil, &ReceiptError{400, "the receipt has another issuer"}
	case claims.Subject == "" || claims.RequestID == "" || claims.ID == "":
		return nil, &ReceiptError{400, "the receipt lacks a claim"}
	case claims.Expires <= time.Now().Unix():
		return nil, &ReceiptError{400, "the receipt has expired"}
	case claims.Scene != scene:
		return nil, &ReceiptError{400, "the receipt is for another scene"}
	case !isFor(claims.Audience, name):
		return nil, &ReceiptError{400, "the receipt is for another back end"}
	}
	return &claims, nil
}

// isFor reads a claim `aud`, which is absent, one text or a list.
func isFor(audience any, name string) bool {
	if name == "" {
		return audience == nil
	}
	list, _ := audience.([]any)
	for _, one := range append(list, audience) {
		if one == name {
			return true
		}
	}
	return false
}

func (r *Receipts) key(id string) (ed25519.PublicKey, error) {
	if key := r.knownKey(id); key != nil {
		return key, nil
	}
	r.fetching.Lock()
	defer r.fetching.Unlock()
	// Forged receipts cause at most one request in 30 seconds, or in one second after a failed one.
	if !time.Now().Before(r.nextFetch) {
		pause := keysPause
		if r.fault = r.fetchKeys(); r.fault != nil {
			pause = faultPause
		}
		r.nextFetch = time.Now().Add(pause)
	}
	if key := r.knownKey(id); key != nil {
		return key, nil
	}
	if r.fault != nil {
		return nil, &ReceiptError{503, "the public keys could not be fetched: " + r.fault.Error()}
	}
	return nil, &ReceiptError{400, "the receipt is signed with an unknown key"}
}

func (r *Receipts) knownKey(id string) ed25519.PublicKey {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if time.Since(r.fetchedAt) > keysLife {
		return nil
	}
	return r.keys[id]
}

func (r *Receipts) fetchKeys() error {
	var set struct {
		Keys []struct{ Kid, Crv, X string }
	}
	if err := r.call("GET", "/.well-known/jwks.json", nil, &set); err != nil {
		return err
	}
	keys := map[string]ed25519.PublicKey{}
	for _, jwk := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(jwk.X)
		if err == nil && jwk.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize {
			keys[jwk.Kid] = x
		}
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.keys, r.fetchedAt = keys, time.Now()
	return nil
}

func (r *Receipts) call(method, path string, body []byte, result any) error {
	request, err := http.NewRequest(method, r.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("content-type", "application/json")
		request.Header.Set("authorization", "Bearer "+r.APIKey)
	}
	answer, err := client.Do(request)
	if err != nil {
		return &ReceiptError{503, "sms-codes is unreachable"}
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case 200:
		if json.NewDecoder(answer.Body).Decode(result) == nil {
			return nil
		}
	case 400, 409:
		return &ReceiptError{answer.StatusCode, "the receipt is not valid, or was redeemed before"}
	}
	return &ReceiptError{503, fmt.Sprintf("sms-codes answered %d", answer.StatusCode)}
}

func decode(part string, result any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, result)
}
