<?php

declare(strict_types=1);

namespace Tgook\Inspect;

use Composer\InstalledVersions;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Bootstrap\LoadConfiguration;
use Illuminate\Foundation\Bootstrap\LoadEnvironmentVariables;
use Illuminate\Support\Facades\Facade;

/** A PHP project with Composer's autoloader; a Laravel app as a rule. */
final class App
{
    /** @param  string  $vendor  Composer's folder */
    private function __construct(private readonly string $folder, private readonly string $vendor) {}

    /**
     * Goes to the folder and loads its autoloader, as artisan does.
     *
     * @throws Problem `no-app`
     */
    public static function open(string $folder): self
    {
        if (! is_dir($folder) || ! chdir($folder)) {
            throw new Problem('no-app', "$folder is not a folder that can be read");
        }
        $folder = getcwd();
        $vendor = self::vendorFolder($folder);
        if (! is_file("$vendor/autoload.php")) {
            throw new Problem('no-app', "$vendor/autoload.php is missing: run composer install in $folder");
        }
        $_SERVER['argv'] = ['artisan'];
        $_SERVER['argc'] = 1;
        require "$vendor/autoload.php";

        return new self($folder, $vendor);
    }

    private static function vendorFolder(string $folder): string
    {
        $file = "$folder/composer.json";
        $composer = is_file($file) ? json_decode(file_get_contents($file), true) : [];
        $vendor = rtrim($composer['config']['vendor-dir'] ?? 'vendor', '/');

        return str_starts_with($vendor, '/') ? $vendor : "$folder/$vendor";
    }

    /** @return ?string the version without `v`; 'unknown' where $class exists without the package; null without both */
    public function version(string $package, string $class): ?string
    {
        $version = $this->installed()[$package] ?? null;
        if ($version === null && class_exists(InstalledVersions::class) && InstalledVersions::isInstalled($package)) {
            $version = InstalledVersions::getPrettyVersion($package);
        }

        return $version !== null ? preg_replace('/^v(?=\d)/', '', $version) : (class_exists($class) ? 'unknown' : null);
    }

    /** @return array<string, string> version by package */
    private function installed(): array
    {
        $file = "{$this->vendor}/composer/installed.json";
        $installed = is_file($file) ? json_decode(file_get_contents($file), true) : [];

        return array_column($installed['packages'] ?? $installed, 'version', 'name');
    }

    /** Whether it can be made to load its configuration. */
    public function isLaravel(): bool
    {
        return class_exists(LoadConfiguration::class) && is_file("{$this->folder}/bootstrap/app.php");
    }

    /**
     * Loads .env and the configuration, or the cached configuration, as every Laravel process does first.
     *
     * @throws Problem `no-laravel`
     */
    public function loadConfiguration(): Application
    {
        $app = $this->isLaravel() ? require "{$this->folder}/bootstrap/app.php" : null;
        if (! $app instanceof Application) {
            throw new Problem('no-laravel', "{$this->folder} is not a Laravel app: "
                .'it needs laravel/framework, and a bootstrap/app.php that returns the application');
        }
        $env = $app->environmentFilePath();
        if (! $app->configurationIsCached() && is_file($env) && ! is_readable($env)) {
            throw new Problem('app', "$env cannot be read, and Laravel goes on without it: let tgook's user read it");
        }
        $app->bootstrapWith([LoadEnvironmentVariables::class, LoadConfiguration::class]);
        Facade::setFacadeApplication($app);

        return $app;
    }
}
