<?php
declare(strict_types=1);

require_once __DIR__ . '/receipts.php';

/** The columns mobile and request_id of the table account are unique, each. Returns the status to answer with. */
function signUp(array $form, Receipts $receipts, PDO $database): int
{
    try {
        $phone = $receipts->redeem((string) ($form['receipt'] ?? ''), 'register', (string) ($form['mobile'] ?? ''));
        $insert = $database->prepare('INSERT INTO account (mobile, request_id) VALUES (?, ?)');
        $insert->execute([$phone['mobile'], $phone['request_id']]);
    } catch (ReceiptError $err) {
        return $err->getCode();
    } catch (PDOException $err) {
        return str_starts_with((string) $err->getCode(), '23') ? 409 : throw $err; // 23: a unique column has the value
    }
    return 201;
}
