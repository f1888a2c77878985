<?php

use App\Handled;
use HybridGram\Core\Routing\RouteData\CommandData;
use HybridGram\Core\Routing\RouteData\TextMessageData;
use HybridGram\Facades\TelegramRouter;

foreach (['main', 'second'] as $name) {
    TelegramRouter::forBot($name)->onCommand(
        fn (CommandData $data) => Handled::write('command', $data->botId, $data->commandParams[0]),
        '/start',
    );
    TelegramRouter::forBot($name)->onTextMessage(
        fn (TextMessageData $data) => Handled::write('text', $data->botId, $data->text),
    );
}
