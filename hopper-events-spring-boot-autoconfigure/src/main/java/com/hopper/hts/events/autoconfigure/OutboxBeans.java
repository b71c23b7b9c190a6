/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.autoconfigure;

import java.util.Arrays;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * Finds the application's database for the outbox.
 */
final class OutboxBeans {

	private OutboxBeans() {
	}

	static DataSource dataSource(HopperProperties.Jdbc properties, ConfigurableListableBeanFactory beanFactory) {
		return find(beanFactory, DataSource.class, "hopper.outbox.jdbc.data-source", properties.dataSource(),
				"the JDBC outbox needs a JDBC DataSource and there is none; R2DBC alone is not enough. "
						+ "Add spring-boot-starter-jdbc and spring.datasource.url, or use hopper.outbox.type=memory");
	}

	static PlatformTransactionManager transactionManager(HopperProperties.Jdbc properties,
			ConfigurableListableBeanFactory beanFactory) {
		return find(beanFactory, PlatformTransactionManager.class, "hopper.outbox.jdbc.transaction-manager",
				properties.transactionManager(),
				"the JDBC outbox needs a PlatformTransactionManager and there is none; "
						+ "add spring-boot-starter-jdbc or define one");
	}

	private static <T> T find(ConfigurableListableBeanFactory beanFactory, Class<T> type, String property,
			@Nullable String name, String ifNone) {
		if (name != null) {
			try {
				return beanFactory.getBean(name, type);
			}
			catch (NoSuchBeanDefinitionException ex) {
				throw new InvalidConfigurationPropertyValueException(property, name,
						"there is no bean of this name; there are %s"
							.formatted(Arrays.toString(beanFactory.getBeanNamesForType(type))));
			}
		}
		T unique = beanFactory.getBeanProvider(type).getIfUnique();
		if (unique == null) {
			String[] names = beanFactory.getBeanNamesForType(type);
			throw (names.length == 0)
					? new InvalidConfigurationPropertyValueException("hopper.outbox.type", "jdbc", ifNone)
					: new InvalidConfigurationPropertyValueException(property, null,
							"must name one of the beans %s, because none of them is primary"
								.formatted(Arrays.toString(names)));
		}
		return unique;
	}

}
