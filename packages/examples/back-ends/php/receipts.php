<?php
// Checks receipts of sms-codes offline, and redeems them. PHP 8.1 or newer with the extension sodium is needed.
declare(strict_types=1);

/** Its code is the status to answer with: 400 not valid, 409 redeemed before, 503 sms-codes cannot tell now. */
final class ReceiptError extends RuntimeException
{
}

final class Receipts
{
    private const TIMEOUT = 5, KEYS_LIFE = 300, KEYS_PAUSE = 30, FAULT_PAUSE = 1; // seconds

    /**
     * @param string $keysFile keeps the public keys between requests, and a file beside it is locked during a request for
     * keys: a path in a folder of this machine that only your application can write
     */
    public function __construct(private string $url, private string $apiKey, private string $keysFile)
    {
    }

    /** Spends a receipt of this scene and number. Returns its mobile, subject, assurance and request_id. */
    public function redeem(string $receipt, string $scene, string $mobile): array
    {
        return $this->call('/v1/receipts/redeem', ['receipt' => $receipt, 'scene' => $scene, 'mobile' => $mobile]);
    }

    /** Returns the claims of a receipt, offline. The name is that of your API key if it is bound to scenes. */
    public function check(string $receipt, string $scene, ?string $name = null): array
    {
        try {
            [$header, $payload, $signature] = explode('.', $receipt, 3) + ['', '', ''];
            $head = $this->decode($header);
            $isKnown = ($head['alg'] ?? null) === 'EdDSA' && is_string($head['kid'] ?? null) && !isset($head['crit']);
            $key = $isKnown ? $this->key($head['kid']) : null;
            if ($key === null || !sodium_crypto_sign_verify_detached(self::bytes($signature), "$header.$payload", $key)) {
                throw new ReceiptError('the receipt is forged, or signed with an unknown key', 400);
            }
            $claims = $this->decode($payload);
        } catch (SodiumException | JsonException $err) {
            throw new ReceiptError('this is no receipt', 400, $err);
        }
        $audience = $claims['aud'] ?? null;
        $fault = match (true) {
            ($claims['iss'] ?? null) !== 'sms-codes' => 'the receipt has another issuer',
            !isset($claims['sub'], $claims['rid'], $claims['jti'], $claims['exp']) => 'the receipt lacks a claim',
            $claims['exp'] <= time() => 'the receipt has expired',
            ($claims['scene'] ?? null) !== $scene => 'the receipt is for another scene',
            $name === null ? $audience !== null : !in_array($name, (array) $audience, true)
                => 'the receipt is for another back end',
            default => null,
        };
        return $fault === null ? $claims : throw new ReceiptError($fault, 400);
    }

    private function key(string $kid): ?string
    {
        $kept = $this->kept();
        if (!isset($kept['keys'][$kid]) || microtime(true) >= $kept['end']) {
            $lock = fopen($this->keysFile . '.lock', 'c');
            flock($lock, LOCK_EX);
            $kept = $this->kept();
            // Forged receipts cause at most one request in 30 seconds, or in one second after a failed one.
            if (microtime(true) >= $kept['next']) {
                $kept = $this->fetch($kept);
            }
            fclose($lock);
        }
        $key = microtime(true) < $kept['end'] ? $kept['keys'][$kid] ?? null : null;
        if ($key === null && $kept['fault'] !== null) {
            throw new ReceiptError("the public keys could not be fetched: {$kept['fault']}", 503);
        }
        return $key === null ? null : self::bytes($key);
    }

    private function kept(): array
    {
        $none = ['keys' => [], 'end' => 0, 'next' => 0, 'fault' => null];
        return (json_decode((string) @file_get_contents($this->keysFile), true) ?? []) + $none;
    }

    private function fetch(array $kept): array
    {
        try {
            $jwks = $this->call('/.well-known/jwks.json')['keys'] ?? throw new ReceiptError('the answer has none', 503);
            $keys = array_column($jwks, 'x', 'kid');
            $now = microtime(true);
            $kept = ['keys' => $keys, 'end' => $now + self::KEYS_LIFE, 'next' => $now + self::KEYS_PAUSE, 'fault' => null];
        } catch (ReceiptError $err) {
            $kept = ['next' => microtime(true) + self::FAULT_PAUSE, 'fault' => $err->getMessage()] + $kept;
        }
        $new = $this->keysFile . '.' . bin2hex(random_bytes(8));
        file_put_contents($new, json_encode($kept));
        rename($new, $this->keysFile);
        return $kept;
    }

    private function call(string $path, ?array $body = null): array
    {
        $headers = ['content-type: application/json', "authorization: Bearer $this->apiKey"];
        $post = $body === null ? [] : ['method' => 'POST', 'header' => $headers, 'content' => json_encode($body)];
        $http = $post + ['timeout' => self::TIMEOUT, 'ignore_errors' => true, 'follow_location' => 0];
        $stream = @fopen($this->url . $path, 'r', false, stream_context_create(['http' => $http]));
        $text = $stream === false ? false : stream_get_contents($stream);
        $status = $stream === false ? 0 : (int) explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
        $answer = json_decode((string) $text, true);
        if ($status === 200 && is_array($answer)) {
            return $answer;
        }
        throw in_array($status, [400, 409], true)
            ? new ReceiptError('the receipt is not valid, or was redeemed before', $status)
            : new ReceiptError($status === 0 ? 'sms-codes is unreachable' : "sms-codes answered $status", 503);
    }

    private function decode(string $part): array
    {
        return (array) json_decode(self::bytes($part), true, 16, JSON_THROW_ON_ERROR);
    }

    private static function bytes(string $base64url): string
    {
        return sodium_base642bin($base64url, SODIUM_BASE64_VARIANT_URLSAFE_NO_PADDING);
    }
}
