package com.example.shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;

/** Checks receipts of sms-codes offline, and redeems them. It needs Java 17 and Jackson 2. */
public class Receipts {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final Duration KEYS_LIFE = Duration.ofSeconds(300), KEYS_PAUSE = Duration.ofSeconds(30);
    private static final Duration FAULT_PAUSE = Duration.ofSeconds(1);
    /** The bytes before an Ed25519 key in X.509 (RFC 8410). */
    private static final String X509_ED25519 = "302a300506032b6570032100";

    private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private final ObjectMapper json = new ObjectMapper();
    private final String url, apiKey;
    private volatile Keys keys = new Keys(Map.of(), Instant.EPOCH);
    private Instant nextFetch = Instant.EPOCH;
    private String fault;

    private record Keys(Map<String, PublicKey> byId, Instant end) {
        PublicKey known(String id) {
            return Instant.now().isBefore(end) ? byId.get(id) : null;
        }
    }

    /** The status to answer with: 400 not valid, 409 redeemed before, 503 sms-codes cannot tell now. */
    public static class ReceiptException extends RuntimeException {
        public final int status;

        ReceiptException(int status, String text) {
            super(text);
            this.status = status;
        }
    }

    public Receipts(String url, String apiKey) {
        this.url = url;
        this.apiKey = apiKey;
    }

    /** Spends a receipt of this scene and number. Returns its mobile, subject, assurance and request_id. */
    public JsonNode redeem(String receipt, String scene, String mobile) {
        var body = Map.of("receipt", receipt, "scene", scene, "mobile", mobile);
        var request = HttpRequest.newBuilder(URI.create(url + "/v1/receipts/redeem"))
            .header("content-type", "application/json")
            .header("authorization", "Bearer " + apiKey)
            .POST(BodyPublishers.ofString(json.valueToTree(body).toString()));
        return call(request);
    }

    /** Returns the claims of a receipt, offline. The name is that of your API key if it is bound to scenes, else null. */
    public JsonNode check(String receipt, String scene, String name) {
        try {
            var parts = receipt.split("\\.", -1);
            require(parts.length == 3, "this is no receipt");
            var header = decode(parts[0]);
            require(header.path("alg").asText().equals("EdDSA") && !header.has("crit"), "this is no receipt");
            var signature = Signature.getInstance("Ed25519");
            signature.initVerify(key(header.path("kid").asText()));
            signature.update((parts[0] + "." + parts[1]).getBytes());
            require(signature.verify(Base64.getUrlDecoder().decode(parts[2])), "the receipt is forged");
            var claims = decode(parts[1]);
            require(claims.path("iss").asText().equals("sms-codes"), "the receipt has another issuer");
            require(Stream.of("sub", "rid", "jti").allMatch(claims::hasNonNull), "the receipt lacks a claim");
            require(claims.path("exp").asLong() > Instant.now().getEpochSecond(), "the receipt has expired");
            require(claims.path("scene").asText().equals(scene), "the receipt is for another scene");
            require(isFor(claims.path("aud"), name), "the receipt is for another back end");
            return claims;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException err) {
            throw new ReceiptException(400, "this is no receipt");
        }
    }

    private static boolean isFor(JsonNode audience, String name) {
        if (name == null) return audience.isMissingNode();
        for (var one : audience) if (one.asText().equals(name)) return true;
        return audience.isTextual() && audience.asText().equals(name);
    }

    private PublicKey key(String id) {
        var key = keys.known(id);
        return key != null ? key : fetchedKey(id);
    }

    /** Forged receipts cause at most one request in 30 seconds, or in one second after a failed one. */
    private synchronized PublicKey fetchedKey(String id) {
        if (!Instant.now().isBefore(nextFetch)) {
            try {
                keys = fetchKeys();
                fault = null;
            } catch (ReceiptException | GeneralSecurityException | IllegalArgumentException err) {
                fault = "the public keys could not be fetched: " + err.getMessage();
            }
            nextFetch = Instant.now().plus(fault == null ? KEYS_PAUSE : FAULT_PAUSE);
        }
        var key = keys.known(id);
        if (key == null && fault != null) throw new ReceiptException(503, fault);
        require(key != null, "the receipt is signed with an unknown key");
        return key;
    }

    private Keys fetchKeys() throws GeneralSecurityException {
        var byId = new HashMap<String, PublicKey>();
        var set = call(HttpRequest.newBuilder(URI.create(url + "/.well-known/jwks.json"))).path("keys");
        if (!set.isArray()) throw new ReceiptException(503, "the answer has none");
        for (var jwk : set) {
            var x = HexFormat.of().formatHex(Base64.getUrlDecoder().decode(jwk.path("x").asText()));
            var spec = new X509EncodedKeySpec(HexFormat.of().parseHex(X509_ED25519 + x));
            byId.put(jwk.path("kid").asText(), KeyFactory.getInstance("Ed25519").generatePublic(spec));
        }
        return new Keys(byId, Instant.now().plus(KEYS_LIFE));
    }

    private JsonNode call(HttpRequest.Builder request) {
        try {
            var answer = client.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofByteArray());
            if (answer.statusCode() == 200) return json.readTree(answer.body());
            if (answer.statusCode() == 400 || answer.statusCode() == 409)
                throw new ReceiptException(answer.statusCode(), "the receipt is not valid, or was redeemed before");
            throw new ReceiptException(503, "sms-codes answered " + answer.statusCode());
        } catch (IOException err) {
            throw new ReceiptException(503, "sms-codes is unreachable");
        } catch (InterruptedException err) {
            Thread.currentThread().interrupt();
            throw new ReceiptException(503, "the call of sms-codes was interrupted");
        }
    }

    private JsonNode decode(String part) throws IOException {
        return json.readTree(Base64.getUrlDecoder().decode(part));
    }

    private static void require(boolean isMet, String fault) {
        if (!isMet) throw new ReceiptException(400, fault);
    }
}
